export {
  signRequest,
  type SignableRequest,
  type SignatureLadder,
  type SigningCredentials,
  type Validity,
} from './sign-request.js';
export { encodePath, presignUrl, type PresignableRequest } from './presign-url.js';
export { urlEncode } from './canonical.js';
