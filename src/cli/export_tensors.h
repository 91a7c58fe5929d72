// export_tensors.h -- parameters of trained models and logits of their predictions, for other
// programs.
//
// npy: a folder with one file for each array and index.json, which says what each is. safetensors:
// one file, arrays named "MODEL/seed=S/layer0.weight" and "MODEL/seed=S/on/DATA/logits". All arrays
// are f32 in C order. What the store does not hold is computed.
#ifndef W2S_EXPORT_TENSORS_H
#define W2S_EXPORT_TENSORS_H

#include "runs.h"

enum tensor_format { TENSORS_NPY, TENSORS_SAFETENSORS };

enum exit_status tensors_write(const struct options *options, struct store *store,
                               const struct run_row *row, enum tensor_format format);

#endif
