/**
 * Commands: dispatches share one encoder and one compute pass, which is submitted when something must be seen.
 */
import { BackendError } from '@dl/tensor/backend';

/** Dispatches that may wait in one submission. */
const MAX_PENDING = 64;
/** Bytes of parameters that may wait; offsets are multiples of 256 as WebGPU asks. */
const PARAM_BYTES = 64 * 1024;
const ALIGNMENT = 256;

/**
 * Rows and columns of at least `workgroups` workgroups; shaders count through them row by row.
 *
 * @throws BackendError when two dimensions do not suffice.
 */
export function gridOf(workgroups: number, limit: number): readonly [number, number] {
  const x = Math.min(workgroups, limit);
  const y = Math.ceil(workgroups / x);
  if (y > limit) throw new BackendError(`webgpu: a kernel needs ${workgroups} workgroups, the device runs ${limit}²`);
  return [x, y];
}

/** The command stream of a device. */
export class Commands {
  readonly device: GPUDevice;
  readonly params: GPUBuffer;
  readonly #staging = new Int32Array(PARAM_BYTES / 4);
  #used = 0;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #pending = 0;
  readonly #busy = new Set<number>();
  #scheduled = false;
  #error: string | null = null;
  /** Submissions and dispatches so far. */
  submits = 0;
  dispatches = 0;

  constructor(device: GPUDevice) {
    this.device = device;
    this.params = device.createBuffer({ size: PARAM_BYTES, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
    device.addEventListener('uncapturederror', (event) => {
      this.#error ??= event.error.message;
    });
    void device.lost.then((info) => {
      if (info.reason !== 'destroyed') this.#error ??= `the device was lost: ${info.message}`;
    });
  }

  /** Throws what the device reported since the last check. */
  check(): void {
    if (this.#error === null) return;
    const message = this.#error;
    this.#error = null;
    throw new BackendError(`webgpu: ${message}`);
  }

  /** Puts parameters where the next `dispatches` dispatches find them; returns their offset. */
  writeParams(words: ArrayLike<number>, dispatches: number): number {
    const bytes = Math.max(ALIGNMENT, Math.ceil((words.length * 4) / ALIGNMENT) * ALIGNMENT);
    if (bytes > PARAM_BYTES) throw new BackendError(`webgpu: a program has more parameters (${words.length}) than fit`);
    // All dispatches of a run share a submission, because the next one overwrites the parameters.
    if (this.#used + bytes > PARAM_BYTES || this.#pending + dispatches > MAX_PENDING) this.flush();
    const offset = this.#used;
    this.#staging.set(words, offset / 4);
    this.#used += bytes;
    return offset;
  }

  /** Whether work that is not submitted yet uses a buffer. */
  isBusy(buffer: number): boolean {
    return this.#busy.has(buffer);
  }

  dispatch(
    pipeline: GPUComputePipeline,
    group: GPUBindGroup,
    paramOffset: number,
    workgroups: number,
    buffers: readonly number[],
  ): void {
    for (const buffer of buffers) this.#busy.add(buffer);
    this.#encoder ??= this.device.createCommandEncoder();
    this.#pass ??= this.#encoder.beginComputePass();
    const [x, y] = gridOf(workgroups, this.device.limits.maxComputeWorkgroupsPerDimension);
    this.#pass.setPipeline(pipeline);
    this.#pass.setBindGroup(0, group, [paramOffset]);
    this.#pass.dispatchWorkgroups(x, y);
    this.dispatches++;
    this.#pending++;
    this.#schedule();
  }

  /** Submits at the end of the microtask, so that work starts even if nobody reads. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Submits what waits. */
  flush(): void {
    if (this.#pending > 0) {
      this.device.queue.writeBuffer(this.params, 0, this.#staging, 0, this.#used / 4);
      this.#pass!.end();
      this.device.queue.submit([this.#encoder!.finish()]);
      this.submits++;
    }
    this.#encoder = null;
    this.#pass = null;
    this.#pending = 0;
    this.#used = 0;
    this.#busy.clear();
  }

  /** Copies bytes of a buffer to the host after all earlier work. */
  async read(buffer: GPUBuffer, byteOffset: number, byteLength: number): Promise<ArrayBuffer> {
    this.flush();
    if (byteLength === 0) return new ArrayBuffer(0);
    const staging = this.device.createBuffer({
      size: byteLength,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, byteOffset, staging, 0, byteLength);
    this.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const copy = staging.getMappedRange().slice(0);
    staging.unmap();
    staging.destroy();
    this.check();
    return copy;
  }
}
