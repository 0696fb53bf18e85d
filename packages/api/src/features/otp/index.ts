export { forgetOldChallenges } from './otp.sweep.ts';
export { sendOtp } from './otp.send.ts';
