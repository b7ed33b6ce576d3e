// CPU backend: WebAssembly SIMD kernels generated at run time.
export {};
