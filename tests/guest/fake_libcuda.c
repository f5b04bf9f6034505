/* A driver that computes on the CPU: what probes/gpu.py calls, by its C signatures.
 *
 * FAKE_CUDA in the environment says what to get wrong: "none" counts no device, "init" fails,
 * "wrong" computes a wrong number, "old" compiles nothing older than PTX 6.0.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long long place;

static int wants(const char *what) {
    const char *said = getenv("FAKE_CUDA");
    return said && !strcmp(said, what);
}

int cuDriverGetVersion(int *version) { *version = 12040; return 0; }
int cuInit(unsigned flags) { return flags ? 1 : wants("init") ? 100 : 0; }
int cuDeviceGetCount(int *count) { *count = wants("none") ? 0 : 1; return 0; }
int cuDeviceGet(int *device, int ordinal) { *device = 40 + ordinal; return 0; }
int cuDeviceGetName(char *name, int length, int device) {
    snprintf(name, length, "Fake %d", device);
    return 0;
}
int cuDeviceTotalMem_v2(size_t *size, int device) { *size = (size_t)5 << 32; return device != 40; }
int cuDeviceGetAttribute(int *value, int attribute, int device) {
    *value = attribute == 75 ? 9 : attribute == 76 ? 3 : -1;
    return device != 40;
}
int cuCtxCreate_v2(void **context, unsigned flags, int device) {
    *context = (void *)(uintptr_t)0x7f0000001234;
    return flags || device != 40;
}
int cuCtxDestroy_v2(void *context) { return context != (void *)(uintptr_t)0x7f0000001234; }
int cuCtxSynchronize(void) { return 0; }
int cuGetErrorName(int status, const char **name) {
    *name = status == 100 ? "CUDA_ERROR_NO_DEVICE" : "CUDA_ERROR_INVALID_PTX";
    return 0;
}
int cuModuleLoadDataEx(void **module, const char *ptx, unsigned count, int *options,
                       void **values) {
    float version = 0;
    if (count != 2 || options[0] != 5 || options[1] != 6 || (uintptr_t)values[1] != 4096)
        return 1;
    if (sscanf(ptx, "\n.version %f", &version) != 1 || (wants("old") && version < 6.0)) {
        snprintf(values[0], 4096, "ptxas: %.1f is too old\n for me", version);
        return 218;
    }
    *module = (void *)(uintptr_t)0x7f0000005678;
    return 0;
}
int cuModuleUnload(void *module) { return module != (void *)(uintptr_t)0x7f0000005678; }
int cuModuleGetFunction(void **function, void *module, const char *name) {
    *function = (void *)(uintptr_t)0x7f0000009abc;
    return module != (void *)(uintptr_t)0x7f0000005678 || strcmp(name, "mix");
}
int cuMemAlloc_v2(place *at, size_t size) {
    *at = (place)(uintptr_t)malloc(size);
    return 0;
}
int cuMemFree_v2(place at) { free((void *)(uintptr_t)at); return 0; }
int cuMemcpyHtoD_v2(place to, const void *from, size_t size) {
    memcpy((void *)(uintptr_t)to, from, size);
    return 0;
}
int cuMemcpyDtoH_v2(void *to, place from, size_t size) {
    memcpy(to, (void *)(uintptr_t)from, size);
    return 0;
}
int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
                   unsigned by, unsigned bz, unsigned shared, void *stream, void **parameters,
                   void **extra) {
    uint32_t *source, *target, count, index;
    if (function != (void *)(uintptr_t)0x7f0000009abc || gy != 1 || gz != 1 || by != 1
        || bz != 1 || shared || stream || extra)
        return 1;
    source = (uint32_t *)(uintptr_t)*(place *)parameters[0];
    target = (uint32_t *)(uintptr_t)*(place *)parameters[1];
    count = *(uint32_t *)parameters[2];
    for (index = 0; index < gx * bx && index < count; index++)
        target[index] = source[index] * 40503u + index + (wants("wrong") && index == 7);
    return 0;
}
