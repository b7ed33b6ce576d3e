/** The package's entry for Node is CommonJS under the name of a module; the module itself works. */
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export * from 'wgsl_reflect';
}
