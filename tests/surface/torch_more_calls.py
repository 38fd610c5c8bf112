"""How PyTorch's moving, writing and neural functions are called; see ``torch_calls``."""

from __future__ import annotations

MOVES = """
flip | a | (0,) | | carried
flip | a | (1,) | | carried
flip | c | (0, 2) | | carried
fliplr flipud | a | | | carried
rot90 | a | | | carried
rot90 | c | 1, (1, 2) | | carried
roll | a | 1, 0 | | carried
roll | a | -2, 0 | | carried
roll | a | 1, 1 | | carried
roll | a | 4 | | carried
transpose swapaxes swapdims transpose_copy | a | 0, 1 | | carried
transpose swapaxes swapdims | c | 1, 2 | | carried
transpose | c | 0, -1 | | carried
t t_copy | a | | | carried
t | v | | | carried
T H mT mH adjoint | a | | | carried
mT mH adjoint | c | | | carried
permute permute_copy | c | (2, 0, 1) | | carried
permute | c | (0, 2, 1) | | carried
movedim moveaxis | c | 0, 2 | | carried
movedim moveaxis | c | 1, 2 | | carried
squeeze squeeze_copy | a[:, None] | 1 | | carried
squeeze squeeze_copy | a[:1] | 0 | | carried
torch.squeeze T.squeeze | a[:1] | | | carried
unsqueeze unsqueeze_copy | a | 0 | | carried
unsqueeze unsqueeze_copy | a | -1 | | carried
reshape view_copy | a | (2, 9) | | carried
reshape view_copy | a | (6, 3, 1) | | carried
reshape | a | (9, 2) | | carried
reshape | a[:0] | (0, 3) | | carried
view | a | 9, 2 | | carried
view | a | (6, -1) | | carried
view | a | -1 | | carried
view_as reshape_as | a | b.reshape(9, 2) | | carried
flatten ravel | a | | | carried
flatten | c | 1 | | carried
flatten | c | 0, 1 | | carried
unflatten | a | 0, (2, 3) | | carried
unflatten | a | 1, (3, 1) | | carried
expand broadcast_to expand_copy | a | (2, 6, 3) | | carried
expand broadcast_to expand_copy | a[:1] | (4, 3) | | carried
expand_as | a[:1] | b | | carried
repeat tile | a | (2, 1) | | carried
repeat tile | a | (1, 2) | | carried
repeat_interleave | a | 2, 0 | | carried
repeat_interleave | a | 2, dim=1 | | carried
repeat_interleave | a | torch.tensor([0, 1, 2, 0, 1, 1]), 0 | | carried
repeat_interleave | v | 3 | | carried
narrow narrow_copy | a | 0, 2, 3 | | carried
narrow narrow_copy | a | 1, 1, 2 | | carried
select select_copy | a | 0, -1 | | carried
select select_copy | a | 1, 0 | | carried
unbind unbind_copy | a | | [4] | carried
unbind unbind_copy | a | 1 | [0] | carried
chunk unsafe_chunk | a | 4 | [1] | carried
chunk unsafe_chunk | a | 2, 1 | [1] | carried
split unsafe_split split_copy | a | 4 | [1] | carried
split | a | [1, 2, 3] | [2] | carried
split | a | 2, dim=1 | [0] | carried
tensor_split | a | 4 | [3] | carried
tensor_split | a | (1, 4) | [1] | carried
split_with_sizes unsafe_split_with_sizes split_with_sizes_copy | a | [1, 2, 3] | [1] | carried
hsplit | a | 3 | [1] | carried
hsplit | v | 3 | [1] | carried
vsplit | a | 2 | [1] | carried
dsplit | c | 2 | [1] | carried
diagonal diagonal_copy | a | | | carried
diagonal | c | 0, 1, 2 | | carried
torch.linalg.diagonal | c | | | carried
diag | v | | | carried
diag | a | 1 | | carried
diag_embed diagflat | v | | | carried
tril triu | a | | | carried
tril | a | -1 | | carried
unfold unfold_copy | v | 0, 3, 2 | | carried
unfold unfold_copy | a | 1, 2, 1 | | carried
gather | a | 0, torch.tensor([[5, 0, 1], [2, 2, 2]]) | | carried
gather | a | 1, torch.zeros(6, 2, dtype=torch.long) | | carried
gather | a | 1, torch.zeros(4, 2, dtype=torch.long) | | carried
take | a | torch.tensor([17, 0, 4]) | | carried
take_along_dim | a | torch.tensor([[5, 0, 1]]), 0 | | carried
take_along_dim | a | torch.tensor([3, 17]) | | carried
index_select | a | 0, torch.tensor([3, 1, 1]) | | carried
index_select | a | 1, torch.tensor([0, 2]) | | carried
masked_select | v | v > 3002 | | carried
masked_select | a | torch.arange(18).reshape(6, 3) % 4 == 1 | | carried
index_put | a | (torch.tensor([1, -1]),), b[:2] | | carried
index_copy | a | 0, torch.tensor([1, 5]), b[:2] | | carried
index_copy | a | 1, torch.tensor([1]), b[:, :1] | | carried
scatter | a | 0, torch.tensor([[5, 0, 1]]), b[:1] | | carried
scatter | a | 1, torch.zeros(6, 1, dtype=torch.long), b[:, :1] | | carried
masked_scatter | a | torch.arange(6)[:, None] > 3, b | | carried
put | a | torch.tensor([0, 17]), v[:2] | | carried
select_scatter | a | b[0], 0, 2 | | carried
select_scatter | a | v, 1, 2 | | carried
slice_scatter | a | b[:2], 0, 1, 3 | | carried
diagonal_scatter | a | v[:3] | | carried
slice_copy | a | 0, 1, 4 | | carried
__reversed__ | v | | | carried
__getitem__ | a | (slice(None, None, 2), 0) | | carried
__getitem__ | a | None | | carried
__getitem__ | a | torch.tensor([[0, 5], [2, -1]]) | | carried
__getitem__ | c | (0, Ellipsis, torch.tensor([1, 0])) | | carried
__setitem__ | a | slice(1, 3), b[-2:] | | carried
__setitem__ | a | torch.tensor([5, 0]), b[:2] | | carried
__setitem__ | a | (slice(None), 0), v | | carried
__setitem__ | a | (2, 1), v[3] | | carried
__setitem__ | a | 3, b[0] | | carried
copy_ | a | b | | carried
copy_ | a | b[:1] | | carried
cat concat concatenate | (a, b, a[:1]) | | | carried
cat concat concatenate | (a, b) | 1 | | carried
cat concat concatenate | (a, b) | dim=-2 | | carried
cat | (a[:0], b) | | | carried
stack | (a, b) | | | carried
stack | (a, b) | 1 | | carried
stack | [v, v] | -1 | | carried
vstack row_stack hstack dstack column_stack | (a, b) | | | carried
vstack row_stack hstack dstack column_stack | (v, v.flip(0)) | | | carried
f.atleast_1d f.atleast_2d f.atleast_3d | v | | | carried
f.block_diag | a | b | | carried
f.broadcast_tensors | a | b[:1] | [1] | carried
f.meshgrid | v | v[:2] | [0] | carried
f.meshgrid | v | v[:2] | [1] | carried
f.cartesian_prod | v | v[:2] | | carried
combinations | v | | | carried
fftshift ifftshift | a | | | carried
fftshift ifftshift | a | dim=1 | | carried
pixel_shuffle | p.repeat(1, 2, 1, 1) | 2 | | carried
pixel_unshuffle | p | 2 | | carried
channel_shuffle native_channel_shuffle | p | 2 | | carried
F.pad | a | (1, 1) | | carried
F.pad | a | (0, 0, 2, 1) | | carried
F.pad | c | (1, 1), mode='reflect' | | carried
torch.constant_pad_nd | a | (0, 0, 1, 0) | | carried
as_strided | a | (2, 2), (3, 1)
"""
WRITES = """
index_add | a | 0, torch.tensor([1, 1, 5]), b[:3]
index_add | a | 1, torch.tensor([1]), b[:, :1]
index_reduce | a | 0, torch.tensor([1, 1, 5]), b[:3], 'mean'
scatter_add | a | 0, torch.tensor([[1, 1, 5], [0, 1, 5]]), b[:2]
scatter_add | a | 1, torch.zeros(6, 3, dtype=torch.long), b
scatter_reduce | a | 0, torch.tensor([[1, 1, 5], [0, 1, 5]]), b[:2], 'sum'
ones_like zeros_like | a
torch.empty_like | a | | .zero_()
torch.full_like | a | 2.0
"""
NEURAL = """
adaptive_avg_pool1d | c | 2
adaptive_avg_pool2d | p | 2
adaptive_avg_pool3d | p.unsqueeze(2) | 2
adaptive_avg_pool1d | a | 2
adaptive_max_pool1d | c | 2 | | ~smaller
torch.adaptive_max_pool1d adaptive_max_pool1d_with_indices | c | 2 | [0] | ~smaller
adaptive_max_pool2d | p | 2 | | ~smaller
adaptive_max_pool2d_with_indices | p | 2 | [0] | ~smaller
adaptive_max_pool3d | p.unsqueeze(2) | 2 | | ~smaller
adaptive_max_pool3d_with_indices | p.unsqueeze(2) | 2 | [0] | ~smaller
F.avg_pool1d | c | 2
F.avg_pool2d | p | 2
F.avg_pool3d | torch.stack((p, p), 2) | 2
F.lp_pool1d | c | 2, 2
F.lp_pool2d | p | 2, 2
F.lp_pool3d | torch.stack((p, p), 2) | 2, 2
max_pool1d | c | 2 | | ~smaller
max_pool1d | a | 2 | | ~smaller
max_pool2d | p | 2 | | ~smaller
max_pool3d | torch.stack((p, p), 2) | 2 | | ~smaller
max_pool1d_with_indices | c | 2 | [0] | ~smaller
max_pool2d_with_indices | p | 2 | [0] | ~smaller
max_pool3d_with_indices | torch.stack((p, p), 2) | 2 | [0] | ~smaller
max_unpool1d | *F.max_pool1d_with_indices(c, 2) | 2 | | ~smaller
max_unpool2d | *F.max_pool2d_with_indices(p, 2) | 2 | | ~smaller
max_unpool3d | *F.max_pool3d_with_indices(torch.stack((p, p), 2), 2) | 2 | | ~smaller
fractional_max_pool2d | p | 2, output_size=2 | | ~smaller
fractional_max_pool2d_with_indices | p | 2, output_size=2 | [0] | ~smaller
fractional_max_pool3d | torch.stack([p] * 4, 2) | 2, output_size=2 | | ~smaller
fractional_max_pool3d_with_indices | torch.stack([p] * 4, 2) | 2, output_size=2 | [0] | ~smaller
interpolate | p | scale_factor=2
local_response_norm | c | 2
F.group_norm torch.group_norm | p | 1 | | ~flat
native_group_norm | p | None, None, 6, 2, 16, 1, 1e-5 | [0] | ~flat
F.instance_norm | p | | | ~flat
torch.instance_norm | p | None, None, None, None, True, 0.1, 1e-5, False | | ~flat
F.layer_norm torch.layer_norm F.rms_norm torch.rms_norm | a | (3,) | | ~flat
F.layer_norm F.rms_norm | a | (6, 3) | | ~flat
F.layer_norm | a | (3,), v[:3], b[0] | | ~flat
torch.native_layer_norm | a | (3,), None, None, 1e-5 | [0] | ~flat
F.batch_norm | a | None, None, training=True
F.batch_norm | a | torch.zeros(3).double(), torch.ones(3).double(), v[:3]
torch.batch_norm | a | None, None, *torch.eye(3).double()[:2], False, 0.1, 1e-5, False
torch.native_batch_norm | a | None, None, None, None, True, 0.1, 1e-5 | [0]
grid_sample | p | p.permute(0, 2, 3, 1).tanh() * 0.5, align_corners=True | | ~cut
torch.grid_sampler | p | p.permute(0, 2, 3, 1).tanh() * 0.5, 0, 0, True | | ~cut
torch.grid_sampler_2d | p | p.permute(0, 2, 3, 1).tanh() * 0.5, 0, 0, True | | ~cut
torch.grid_sampler_3d | p[:, :, None] | p[:, :1, ..., None].tanh() * v[:3], 0, 0, True | | ~cut
F.affine_grid | c[:, :2, :3] | (6, 1, 2, 2)
torch.affine_grid_generator | c[:, :2, :3] | (6, 1, 2, 2), True
F.fold | p.reshape(6, 8, 4) | (3, 3), 2
one_hot | (v.abs() * 3).long().clamp(max=9) | 10
F.unfold | p | 2
vander | v
unravel_index | (v.abs() * 3).long().clamp(max=9) | (4, 4) | [1]
linear | a | b
linear | v | m
linear | a | b, v
F.bilinear | a | b, c[:, :3, :3], v
gru_cell | a | b, torch.ones(9, 3).double(), torch.ones(9, 3).double() | | ~flat
lstm_cell | a | (b, b.flip(1)), torch.ones(12, 3).double(), torch.ones(12, 3).double() | [0] | ~flat
rnn_tanh_cell rnn_relu_cell | a | b, torch.ones(3, 3).double(), torch.ones(3, 3).double() | | ~flat
conv1d | c | c[:2]
conv_transpose1d | c | c[:3]
conv2d | p | p[:2]
conv_transpose2d | p | p[:2]
conv3d | p.unsqueeze(2) | p[:2].unsqueeze(2)
conv_transpose3d | p.unsqueeze(2) | p[:2].unsqueeze(2)
torch.convolution | c | c[:2], None, (1,), (0,), (1,), False, (0,), 1
bucketize | a | torch.tensor([-1.0, 0.0, 1.0]).double() | | ~yes
bucketize | a | v.sort()[0] | | ~yes
searchsorted | v.sort()[0] | a | | ~yes
isin | a | b | | ~yes
multinomial | a.abs() + 0.1 | 1 | | ~draw
F.scaled_dot_product_attention | c | c * 2, c + 1 | | ~flat
F.scaled_dot_product_attention | a | b, m[:, :3] | | ~flat
F.embedding | torch.tensor([2, 0, 5]) | a
F.embedding | torch.tensor([[2, 0], [5, 5]]) | a
F.embedding | (v.abs() * 2).long().clamp(max=5) | a | | ~yes
torch.embedding | a | torch.tensor([2, 0, 5])
"""
LOSSES = """
l1_loss mse_loss smooth_l1_loss huber_loss soft_margin_loss | a | b
l1_loss mse_loss smooth_l1_loss huber_loss soft_margin_loss | a | b, reduction='none'
mse_loss l1_loss | a | b, reduction='sum'
F.poisson_nll_loss | a | b, reduction='none'
F.poisson_nll_loss | a | b
torch.poisson_nll_loss | a | b, True, False, 1e-8, 0
cross_entropy | a | b.sigmoid() | | ~flat
cross_entropy | a | torch.tensor([0, 1, 2, 0, 1, 2]), reduction='none' | | ~flat
cross_entropy | a | torch.tensor([0, 1, 2, 0, 1, 2]) | | ~flat
cross_entropy | a | torch.tensor([0, 1, 2, 0, 1, 2]), weight=v[:3].abs() | | ~flat
nll_loss | a | torch.tensor([0, 1, 2, 0, 1, 2])
nll_loss | a | torch.tensor([0, 1, 2, 0, 1, 2]), reduction='none'
binary_cross_entropy | a.sigmoid() | b.sigmoid()
binary_cross_entropy | a.sigmoid() | b.sigmoid(), reduction='none'
F.binary_cross_entropy_with_logits | a | b.sigmoid()
F.binary_cross_entropy_with_logits | a | b.sigmoid(), reduction='none', pos_weight=v[:3].abs()
torch.binary_cross_entropy_with_logits | a | b.sigmoid()
F.kl_div | a | b.sigmoid(), reduction='none'
F.kl_div | a | b.sigmoid(), reduction='batchmean'
torch.kl_div | a | b.sigmoid()
gaussian_nll_loss | a | b, b.abs() + 1
gaussian_nll_loss | a | b, b.abs() + 1, reduction='none'
hinge_embedding_loss | a | (b > 0) * 2 - 1 | | ~flat
F.hinge_embedding_loss | a | (b > 0) * 2 - 1, reduction='none' | | ~flat
F.margin_ranking_loss torch.margin_ranking_loss | a | b, torch.ones(6, 3) | | ~flat
F.margin_ranking_loss | a | b, torch.ones(6, 3), reduction='none' | | ~flat
F.cosine_embedding_loss torch.cosine_embedding_loss | a | b, torch.ones(6)
F.cosine_embedding_loss | a | b, torch.ones(6), reduction='none'
F.triplet_margin_loss torch.triplet_margin_loss | a | b, b.flip(1) | | ~flat
F.triplet_margin_loss | a | b, b.flip(1), reduction='none' | | ~flat
triplet_margin_with_distance_loss | a | b, b.flip(1), reduction='none' | | ~flat
multi_margin_loss | a | torch.tensor([0, 1, 2, 0, 1, 2]), reduction='none' | | ~flat
multilabel_margin_loss | a | torch.tensor([[0, 1, -1]] * 6), reduction='none' | | ~flat
multilabel_soft_margin_loss | a | (b > 0).double(), reduction='none' | | ~yes
"""
