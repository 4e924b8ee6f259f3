// Body of every `bert_row_kernels` table. Each including file sets the instruction set, the storage
// of activations (`element`) and the table's name (ROW_KERNELS).

#include "row_elements.h"
#include "row_embeddings.h"
#include "row_kernels.h"
#include "row_normalization.h"
#include "row_softmax.h"

const bert_row_kernels ROW_KERNELS = {
    gelu_forward,
    gelu_backward,
    tanh_forward,
    tanh_backward,
    round_elements,
    dropout_rows,
    layer_norm_forward,
    layer_norm_backward,
    layer_norm_parameters,
    column_sums,
    attention_softmax,
    attention_softmax_backward,
    cross_entropy,
    embedding_sum,
    scatter_add,
    scatter_add_rows,
};
