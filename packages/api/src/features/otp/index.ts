export { sendOtp } from './otp.send.ts';
