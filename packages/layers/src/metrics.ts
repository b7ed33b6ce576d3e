// Neural network layers, losses, metrics and initializers.
export {};
