#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "op.h"

namespace uniarm {
namespace {

/**
 * Bytes of a file as a tensor, with no copy in between. path: its bytes, one an element; spans: [m, 4] start and length,
 * each as low 31 bits and the rest.
 */
struct ReadFile {
  static Op op() {
    return {"UniarmReadFile",
            {"path: int32", "spans: int32", "sizes: int32"},
            {"tensor: T"},
            {"T: {float, bfloat16, half}", "dtype: int"}};
  }
  static void compute(Call& call, const Attributes& attributes) {
    TF_Tensor *pathTensor = call.input(0), *spans = call.input(1), *sizes = call.input(2);
    std::string path;
    for (long at = 0; at < size(pathTensor); at++) path.push_back(static_cast<char>(data<int32_t>(pathTensor)[at]));
    const std::vector<int64_t> shape(data<int32_t>(sizes), data<int32_t>(sizes) + size(sizes));
    TF_Tensor* tensor = call.output(0, static_cast<TF_DataType>(attributes.integer("dtype")), shape);
    char* to = data<char>(tensor);
    const char* const end = to + TF_TensorByteSize(tensor);
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return call.fail("cannot open " + path);
    bool complete = true;
    for (long span = 0; span < size(spans) / 4 && complete; span++) {
      const int32_t* halves = data<int32_t>(spans) + 4 * span;
      off_t from = (static_cast<off_t>(halves[1]) << 31) + halves[0];
      long left = (static_cast<long>(halves[3]) << 31) + halves[2];
      if (left > end - to) break;
      while (left > 0) {
        const ssize_t count = pread(file, to, static_cast<size_t>(left), from);
        if (count <= 0) {
          complete = false;
          break;
        }
        to += count, from += count, left -= count;
      }
    }
    close(file);
    if (!complete || to != end) call.fail(path + " ended before its tensors did");
  }
};

const Register<ReadFile> registerReadFile;

}  // namespace
}  // namespace uniarm
