// Gradients of TypeScript functions over tensors.
export {};
