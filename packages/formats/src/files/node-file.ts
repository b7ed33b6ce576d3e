// Files of Node that appear whole or not at all.
import { nodeModule, type NodeFile, type NodeFiles, type NodeStat } from './host.ts';
import { PIECE } from './source.ts';
import type { ByteParts } from './target.ts';

/** Parts that are shorter are written together. */
const SMALL = 2 ** 20;

/** Files of other machines that nobody has written to for so long are left over. */
const OLD = 24 * 60 * 60 * 1000;

/** Names that this process is writing to now. */
const ACTIVE = /* @__PURE__ */ new Set<string>();

interface Process {
  readonly process: {
    readonly pid: number;
    readonly platform: string;
    uptime(): number;
    kill(pid: number, signal: 0): void;
  };
}

/**
 * Writes beside the file, waits for the disk, and gives the new file its name. What a killed run left beside it is removed.
 * Pipes and devices are written to as they are.
 */
export async function writeNodeFile(path: string | URL, parts: ByteParts): Promise<number> {
  const files = nodeModule('node:fs/promises')!;
  const { dirname, basename, join } = nodeModule('node:path')!;
  const given = typeof path === 'string' ? path : nodeModule('node:url')!.fileURLToPath(path);
  // A link stays one: what it leads to is replaced.
  const target = await files.realpath(given).catch(() => given);
  const old = await files.stat(target).catch(() => undefined);
  if (old !== undefined && !old.isFile()) return writeParts(await files.open(target, 'w'), parts);
  const folder = dirname(target);
  const prefix = `.${basename(target)}.${hostMark()}-`;
  await removeLeftovers(files, folder, `.${basename(target)}.`, join);
  const { pid, platform } = (globalThis as unknown as Process).process;
  const name = `${prefix}${pid}-${crypto.randomUUID().slice(0, 8)}.part`;
  const beside = join(folder, name);
  ACTIVE.add(name);
  try {
    const size = await writeParts(await files.open(beside, 'wx', modeOf(old)), parts);
    await files.rename(beside, target);
    // The name is on the disk when its folder is; Windows has no such call.
    if (platform !== 'win32') await syncFolder(files, folder);
    return size;
  } catch (error) {
    await files.rm(beside, { force: true });
    throw error;
  } finally {
    ACTIVE.delete(name);
  }
}

const modeOf = (old: NodeStat | undefined): number => (old === undefined ? 0o666 : old.mode & 0o777);

/** Letters that stand for this machine. */
const hostMark = (): string =>
  nodeModule('node:os')!
    .hostname()
    .replace(/[^a-z\d]/gi, '')
    .slice(0, 32) || 'host';

async function writeParts(file: NodeFile, parts: ByteParts): Promise<number> {
  let waiting = new Uint8Array(SMALL);
  let used = 0;
  let size = 0;
  const put = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await file.write(bytes, at, Math.min(PIECE, bytes.length - at));
      at += bytesWritten;
    }
  };
  const flush = async (): Promise<void> => {
    if (used > 0) await put(waiting.subarray(0, used));
    used = 0;
  };
  try {
    for await (const part of parts) {
      size += part.length;
      if (used + part.length > SMALL) await flush();
      if (part.length > SMALL) await put(part);
      else {
        waiting.set(part, used);
        used += part.length;
      }
    }
    await flush();
    waiting = new Uint8Array(0);
    await file.sync().catch((error: { code?: string }) => {
      // Pipes and devices have nothing to wait for.
      if (error.code !== 'EINVAL' && error.code !== 'ENOTSUP') throw error;
    });
    return size;
  } finally {
    await file.close();
  }
}

async function syncFolder(files: NodeFiles, folder: string): Promise<void> {
  const handle = await files.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Removes what runs that have ended left beside a file: those of this machine, old ones of others, and those of an earlier
 * process with the number of this one. Other threads of this process may be writing now.
 */
async function removeLeftovers(
  files: NodeFiles,
  folder: string,
  prefix: string,
  join: (...parts: string[]) => string,
): Promise<void> {
  const { process } = globalThis as unknown as Process;
  const names = await files.readdir(folder).catch(() => []);
  for (const name of names) {
    const match = name.startsWith(prefix)
      ? /^([a-z\d]+)-(\d+)-[\da-f]{8}\.part$/i.exec(name.slice(prefix.length))
      : null;
    if (match === null || ACTIVE.has(name)) continue;
    const path = join(folder, name);
    const here = match[1] === hostMark();
    const dead =
      here && Number(match[2]) !== process.pid
        ? !isRunning(Number(match[2]))
        : await isOld(files, path, here ? 1000 * process.uptime() : OLD);
    if (dead) await files.rm(path, { force: true });
  }
}

/** Whether nobody has written to a file for so many milliseconds. */
async function isOld(files: NodeFiles, path: string, age: number): Promise<boolean> {
  const stat = await files.stat(path).catch(() => undefined);
  return stat !== undefined && Date.now() - stat.mtimeMs > age;
}

function isRunning(pid: number): boolean {
  const { process } = globalThis as unknown as Process;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}
