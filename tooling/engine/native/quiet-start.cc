// TensorFlow 2.21 logs one line while its library is being loaded, before it looks at TF_CPP_MIN_LOG_LEVEL. This library
// depends on nothing and is linked last, so the loader starts it first: it points standard error at /dev/null until the
// binding, which the loader starts last, calls uniarm_end_quiet_start. All are relocated by then: no load error is lost.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

namespace {

int saved_stderr = -1;

__attribute__((constructor)) void begin_quiet_start() {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  if (level == nullptr || std::atoi(level) < 1) return;
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) return;
  saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (saved_stderr >= 0) dup2(nowhere, STDERR_FILENO);
  close(nowhere);
}

}  // namespace

extern "C" void uniarm_end_quiet_start() {
  if (saved_stderr < 0) return;
  dup2(saved_stderr, STDERR_FILENO);
  close(saved_stderr);
  saved_stderr = -1;
}
