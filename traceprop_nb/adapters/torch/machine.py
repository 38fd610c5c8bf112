"""What PyTorch says of the machine, asked without starting a device."""

from __future__ import annotations

import torch


def accelerators() -> list[str] | None:
    """Accelerators that PyTorch can see; by name only where the process uses them already."""
    found = []
    if count := torch.cuda.device_count():  # does not start CUDA, as is_available() may
        if torch.cuda.is_initialized():
            found += [torch.cuda.get_device_name(k) for k in range(count)]
        else:
            found.append(f"{count} CUDA devices, not in use")
    if torch.backends.mps.is_available():
        found.append("MPS")
    return found


def switches() -> dict[str, object]:
    """Settings on which it depends whether a run repeats."""
    cudnn = torch.backends.cudnn
    return {
        "torch.use_deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "torch.backends.cudnn.benchmark": cudnn.benchmark,
        "torch.backends.cudnn.deterministic": cudnn.deterministic,
        "torch.get_num_threads": torch.get_num_threads(),
    }
