// Datasets and input pipelines for machine learning.
export {};
