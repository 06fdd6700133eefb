import {decode, parseJson} from '../../src/decode/decode.ts';
import {planCheck} from '../../src/plan/decode-plan.ts';
import type {Plan} from '../../src/plan/plan.ts';

/** As `verify` reads the plan of an applied run. */
export const decodePlanFile = (plan: Plan): unknown => {
  const parsed = parseJson(JSON.stringify(plan));
  if (!parsed.isValid) throw new Error(parsed.problem);
  const decoded = decode(planCheck, parsed.value);
  if (!decoded.isValid) throw new Error(decoded.problem);
  return decoded.value;
};
