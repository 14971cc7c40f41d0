"""Computes on a GPU through the driver alone, so that no library need be installed.

Doubles numbers by a kernel of our own: that the driver answers proves no such thing.
Answers with the card's name.
"""

import ctypes
import json

from training.runner.inside.boot import Call
from training.runner.inside.refusal import Refusal

KERNEL = b"""
.version 6.3
.target sm_70
.address_size 64
.visible .entry twice(.param .u64 numbers)
{
    .reg .b32 %r<3>;
    .reg .b64 %rd<5>;
    ld.param.u64 %rd1, [numbers];
    cvta.to.global.u64 %rd2, %rd1;
    mov.u32 %r1, %tid.x;
    mul.wide.u32 %rd3, %r1, 4;
    add.s64 %rd4, %rd2, %rd3;
    ld.global.u32 %r2, [%rd4];
    add.u32 %r2, %r2, %r2;
    st.global.u32 [%rd4], %r2;
    ret;
}
"""
COUNT = 64
NAME_BYTES = 100
STAGE = "RUN"


def _cuda() -> ctypes.CDLL:
    try:
        return ctypes.CDLL("libcuda.so.1")
    except OSError as missing:
        raise Refusal("no_gpu", f"The driver's library: {missing}", STAGE) from missing


def main(call: Call) -> bytes:
    del call
    cuda = _cuda()

    def ask(function: str, *arguments: object) -> None:
        if code := getattr(cuda, function)(*arguments):
            raise Refusal("no_gpu", f"{function} answered {code}.", STAGE)

    device, context = ctypes.c_int(), ctypes.c_void_p()
    module, kernel = ctypes.c_void_p(), ctypes.c_void_p()
    memory = ctypes.c_uint64()
    name = ctypes.create_string_buffer(NAME_BYTES)
    numbers = (ctypes.c_uint32 * COUNT)(*range(COUNT))
    size = ctypes.c_size_t(ctypes.sizeof(numbers))
    ask("cuInit", 0)
    ask("cuDeviceGet", ctypes.byref(device), 0)
    ask("cuDeviceGetName", name, NAME_BYTES, device)
    ask("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
    ask("cuCtxSetCurrent", context)
    ask("cuMemAlloc_v2", ctypes.byref(memory), size)
    ask("cuMemcpyHtoD_v2", memory, numbers, size)
    ask("cuModuleLoadData", ctypes.byref(module), KERNEL)
    ask("cuModuleGetFunction", ctypes.byref(kernel), module, b"twice")
    arguments = (ctypes.c_void_p * 1)(ctypes.addressof(memory))
    grid, block = (1, 1, 1), (COUNT, 1, 1)
    ask("cuLaunchKernel", kernel, *grid, *block, 0, None, arguments, None)
    ask("cuCtxSynchronize")
    ask("cuMemcpyDtoH_v2", numbers, memory, size)
    if list(numbers) != [2 * number for number in range(COUNT)]:
        raise Refusal("no_gpu", "The kernel computed something else.", STAGE)
    return json.dumps(name.value.decode(errors="replace")).encode()
