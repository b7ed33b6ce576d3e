// All that three packages export, as if a program used everything.
export * from '@dl/autograd';
export * from '@dl/backend-cpu';
export * from '@dl/tensor';
