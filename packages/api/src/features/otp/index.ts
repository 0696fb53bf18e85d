export { challenge } from './otp.challenge.ts';
export {
  afterRedeem,
  checkCode,
  giveBack,
  keepingCode,
  redeem,
  type RightCode,
} from './otp.redeem.ts';
export { sendOtp, voidRefusedCode } from './otp.send.ts';
export { forgetCodes, voidCodes } from './otp.service.ts';
export { forgetOldChallenges, watchConversion } from './otp.sweep.ts';
export { codeTemplates } from './otp.text.ts';
