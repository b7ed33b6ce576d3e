// Chooses the default backend when the framework is imported whole.
export {};
