/**
 * Chooses the CPU backend unless one is chosen already. The one module of this package with a side effect.
 */
import { cpu } from '@dl/backend-cpu';
import { hasBackend, setBackend } from '@dl/tensor';

if (!hasBackend()) setBackend(cpu());
