export { FrameReader, makeFrame, opcodes } from './frames.ts';
export { cpuOf, cpuOfTree, residentOf } from './proc.ts';
