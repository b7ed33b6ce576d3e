// WebGPU backend for browsers and Node.
export {};
