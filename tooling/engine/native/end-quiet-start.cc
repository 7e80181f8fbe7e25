// Compiled into the binding, whose constructors run after those of the libraries it needs.
extern "C" void uniarm_end_quiet_start();

namespace {

__attribute__((constructor)) void end_quiet_start() { uniarm_end_quiet_start(); }

}  // namespace
