// Registers an operation of our own with TensorFlow through its C kernel API, which keeps its ABI between versions.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_tensor.h"

namespace uniarm {

/** Attributes of one use of an operation, read once when TensorFlow makes its kernel. */
class Attributes {
 public:
  std::vector<std::pair<std::string, double>> values;
  double operator[](const char* name) const {
    for (const auto& [key, value] : values)
      if (key == name) return value;
    return 0;
  }
  long integer(const char* name) const { return static_cast<long>((*this)[name]); }
};

/** The inputs and outputs of one call. */
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Call() {
    for (TF_Tensor* tensor : held_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }
  Call(const Call&) = delete;

  TF_Tensor* input(int index) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, index, &tensor, status_);
    held_.push_back(tensor);
    return tensor;
  }
  TF_Tensor* output(int index, TF_DataType type, const std::vector<int64_t>& shape) {
    size_t count = 1;
    for (int64_t size : shape) count *= static_cast<size_t>(size);
    TF_Tensor* tensor = TF_AllocateOutput(context_, index, type, shape.data(), static_cast<int>(shape.size()),
                                          count * TF_DataTypeSize(type), status_);
    held_.push_back(tensor);
    return tensor;
  }
  /** Ends the call with an error that the caller of executeOp sees as an exception. */
  void fail(const std::string& message) {
    TF_SetStatus(status_, TF_INVALID_ARGUMENT, message.c_str());
    TF_OpKernelContext_Failure(context_, status_);
  }

 private:
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> held_;
};

template <class E>
E* data(TF_Tensor* tensor) {
  return static_cast<E*>(TF_TensorData(tensor));
}
inline long size(TF_Tensor* tensor) { return static_cast<long>(TF_TensorElementCount(tensor)); }
inline long dim(TF_Tensor* tensor, int axis) {
  const int rank = TF_NumDims(tensor);
  return static_cast<long>(TF_Dim(tensor, axis < 0 ? rank + axis : axis));
}
inline std::vector<int64_t> shape(TF_Tensor* tensor) {
  std::vector<int64_t> sizes;
  for (int axis = 0; axis < TF_NumDims(tensor); axis++) sizes.push_back(TF_Dim(tensor, axis));
  return sizes;
}

using Compute = void (*)(Call&, const Attributes&);

struct Op {
  const char* name;
  std::vector<const char*> inputs;
  std::vector<const char*> outputs;
  /** "name: int = 1", "name: float = 0" or "T: type" */
  std::vector<const char*> attributes;
};

/** One registration per operation; `Definition` has a static `op()` and a static `compute(Call&, const Attributes&)`. */
template <class Definition>
struct Register {
  Register() {
    const Op op = Definition::op();
    TF_Status* status = TF_NewStatus();
    TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(op.name);
    for (const char* attribute : op.attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
    for (const char* input : op.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
    for (const char* output : op.outputs) TF_OpDefinitionBuilderAddOutput(definition, output);
    TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, &TF_ShapeInferenceContextSetUnknownShape);
    TF_OpDefinitionBuilderSetIsStateful(definition, true);
    TF_RegisterOpDefinition(definition, status);
    TF_KernelBuilder* kernel = TF_NewKernelBuilder(op.name, "CPU", &create, &compute, &remove);
    TF_RegisterKernelBuilder(op.name, kernel, status);
    if (TF_GetCode(status) != TF_OK) std::fprintf(stderr, "%s: %s\n", op.name, TF_Message(status));
    TF_DeleteStatus(status);
  }

 private:
  static void* create(TF_OpKernelConstruction* construction) {
    auto* attributes = new Attributes();
    TF_Status* status = TF_NewStatus();
    for (const char* spec : Definition::op().attributes) {
      const std::string text(spec);
      const std::string name = text.substr(0, text.find(':'));
      const std::string type = text.substr(text.find(':') + 2);
      if (type.rfind("float", 0) == 0) {
        float value = 0;
        TF_OpKernelConstruction_GetAttrFloat(construction, name.c_str(), &value, status);
        attributes->values.emplace_back(name, value);
      } else if (type.rfind("int", 0) == 0) {
        int64_t value = 0;
        TF_OpKernelConstruction_GetAttrInt64(construction, name.c_str(), &value, status);
        attributes->values.emplace_back(name, static_cast<double>(value));
      }
    }
    TF_DeleteStatus(status);
    return attributes;
  }
  static void compute(void* attributes, TF_OpKernelContext* context) {
    Call call(context);
    Definition::compute(call, *static_cast<Attributes*>(attributes));
  }
  static void remove(void* attributes) { delete static_cast<Attributes*>(attributes); }
};

}  // namespace uniarm
