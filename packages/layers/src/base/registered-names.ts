/**
 * Names under which classes and functions of users stand in files: `package>Name`.
 */
const names = /* @__PURE__ */ new WeakMap<object, string>();

/** The name a class or function was registered by. */
export const registeredNameOf = (object: object): string | undefined => names.get(object);

/** Gives a class or function its name in files. */
export function setRegisteredName(object: object, name: string): void {
  names.set(object, name);
}
