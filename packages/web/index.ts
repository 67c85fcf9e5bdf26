export { buildWeb, type WebBuild, type WebBuildOptions } from './src/build.ts';
export { openWebFolder } from './src/folder.ts';
export { webPaths, webPolicy } from './src/policy.ts';
