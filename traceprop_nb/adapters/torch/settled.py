"""PyTorch's callables without a rule: some have no rows in their result, some nobody follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
import torch.distributed
from torch import nn
from torch.overrides import get_testing_overrides

from traceprop_nb.adapters.torch.places import SPACES
from traceprop_nb.lineage.nodes import Status
from traceprop_nb.tracing.rules import Call, RuleTable

_NO_ROWS = """
__bool__ __complex__ __contains__ __cuda_array_interface__ __dlpack__ __dlpack_device__ __float__
__format__ __index__ __int__ __len__ __long__ __nonzero__ __reduce_ex__ __repr__ __setstate__
__array_wrap__ _backward_hooks _cdata _clear_non_serializable_cached_data _dimI _dimV _grad_fn
_is_view _nnz _post_accumulate_grad_hooks _version backward const_data_ptr data_ptr dense_dim
device dim dim_order dtype element_size equal allclose get_device grad_dtype grad_fn
is_coalesced is_complex is_conj is_contiguous is_cpu is_cuda is_distributed is_floating_point
is_inference is_ipu is_leaf is_maia is_meta is_mkldnn is_mps is_mtia is_neg is_nested is_nonzero
is_pinned is_quantized is_same_size is_set_to is_shared is_signed is_sparse is_sparse_csr
is_vulkan is_xla is_xpu item itemsize layout name nbytes ndim ndimension nelement numel output_nr
q_per_channel_axis q_scale q_zero_point qscheme record_stream register_hook
register_post_accumulate_grad_hook requires_grad requires_grad_ retain_grad retains_grad shape
size sparse_dim storage storage_offset storage_type stride tolist type_name untyped_storage
volatile choose_qparams_optimized sym_float sym_ite sym_max sym_min sym_not sym_sqrt sym_sum
_sym_int _sym_acos _sym_asin _sym_atan _sym_cos _sym_cosh _sym_sin _sym_sinh _sym_tan _sym_tanh
_assert_async _functional_assert_async _nested_tensor_size _nested_tensor_storage_offsets
_nested_tensor_strides share_memory_ detach_
"""
_OPAQUE = {
    "a quantized tensor's numbers are kept in a layout of its own": """
        fake_quantize_per_channel_affine fbgemm_linear_fp16_weight
        fbgemm_linear_fp16_weight_fp32_activation fbgemm_linear_int8_weight
        fbgemm_linear_int8_weight_fp32_activation fbgemm_linear_quantize_weight
        fbgemm_pack_gemm_matrix_fp16 fbgemm_pack_quantized_matrix fused_moving_avg_obs_fake_quant
        q_per_channel_scales q_per_channel_zero_points quantize_per_tensor_dynamic
        quantize_per_channel quantized_batch_norm quantized_gru_cell quantized_lstm_cell
        quantized_max_pool1d quantized_max_pool2d quantized_max_pool3d quantized_rnn_relu_cell
        quantized_rnn_tanh_cell _wrapped_linear_prepack _wrapped_quantized_linear_prepacked
        _rowwise_prune""",
    "a sparse tensor's rows lie in its indices": """
        _coalesced_ coalesce _indices _values indices values crow_indices col_indices ccol_indices
        row_indices to_sparse sparse_mask sparse_resize_ sparse_resize_and_clear_ sspaddmm
        _sparse_mask_projection _to_dense ccol_indices_copy col_indices_copy crow_indices_copy
        row_indices_copy indices_copy values_copy _indices_copy _values_copy
        _sparse_broadcast_to_copy resize_as_sparse_ smm hspmm spmm""",
    "a kernel of one kind of device, without a counterpart that could be tested here": """
        miopen_batch_norm miopen_convolution miopen_convolution_add_relu miopen_convolution_relu
        miopen_convolution_transpose miopen_depthwise_convolution miopen_rnn to_mkldnn ipu xpu mtia
        batch_norm_backward_elemt batch_norm_backward_reduce batch_norm_elemt
        batch_norm_gather_stats batch_norm_gather_stats_with_counts batch_norm_stats
        batch_norm_update_stats _native_batch_norm_legit _fused_rms_norm native_norm""",
    "memory is shown in another shape, whatever lay there": """
        as_strided as_strided_ as_strided_copy as_strided_scatter resize resize_ resize_as
        resize_as_ set_ slice_inverse _reshape_alias_copy""",
    "its draws depend on how many random numbers the rows before them took": "poisson binomial",
    "a shape or an axis is summed away that only its arguments name": """
        sum_to_size norm_except_dim segment_reduce""",
    "a function of the user's is applied number by number": "apply_ map_ map2_",
    "windows overlap": "stft istft conv_tbc gradient",
    "it is called by modules, which have rules": """
        gru lstm rnn_relu rnn_tanh multi_head_attention_forward embedding_bag ctc_loss
        linear_cross_entropy""",
    "it serves automatic differentiation": """
        _conj_copy _fw_primal_copy _make_dual_copy _neg_view_copy
        _autocast_to_full_precision _autocast_to_reduced_precision module_load index""",
}
_COLLECTIVES = "rows of other processes come in"
_PARTS_OF_MODULES = (
    "train eval parameters named_parameters buffers named_buffers state_dict load_state_dict "
    "zero_grad to cuda cpu double float half requires_grad_ modules named_modules children "
    "named_children apply register_buffer register_parameter add_module register_forward_hook"
)


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.no_rows(*_named(_NO_ROWS.split()))
    for why, names in _OPAQUE.items():
        table.opaque(why, *_named(names.split()))
    for kind in (torch.Tensor, nn.Parameter):
        table.method(_quiet, kind, ("__setattr__", "backward", "retain_grad", "requires_grad_",
                                    "share_memory_", "detach_"))  # fmt: skip
    table.method(_gradient, torch.Tensor, ("grad", "_grad", "_base"))
    table.method(_quiet, nn.Module, _PARTS_OF_MODULES.split())
    table.opaque(_COLLECTIVES, *_collectives())


def _quiet(_: Call) -> bool | None:
    """Nothing moves."""
    return True


def _gradient(call: Call) -> bool | None:
    """Every row that the loss saw is in a gradient, and nobody watched which."""
    if call.recorder.identity.node(call.out) is None:
        call.recorder.emit(call.site, "grad", call.out, (), Status.UNKNOWN)
    return True


def _named(names: Iterable[str]) -> Iterator[Any]:
    """Functions of every module, and methods, of these names."""
    for name in names:
        for space in (*SPACES, torch.nn.init):
            found = getattr(space, name, None)
            if callable(found) and not isinstance(found, type):
                yield found
        if hasattr(torch.Tensor, name):
            yield torch.Tensor, name


def _collectives() -> list[Any]:
    known = [f for f in get_testing_overrides() if getattr(f, "__module__", "") ==
             "torch.distributed.distributed_c10d"]  # fmt: skip
    return known
