import { dictionary } from '@zxcvbn-ts/language-common';

/**
 * Common in Iran and missing in the list of the library: names, clubs, faith, places and services,
 * with the usual digits. They are our own choice, not the result of a count.
 */
const commonInIran = `
  iran1234 iran1357 iran1400 tehran123 tehran1234 tehran021 shiraz123 esfahan123 isfahan123
  mashhad123 tabriz123 persian123 khalijfars khalijefars irancell hamrahaval hamrahavval rightel1
  salam123 salam1234 salamsalam khodaya1 khodayaa khodahafez khodajoon yakhoda1
  yaali110 yaali123 ali110110 ali110ali yazahra1 yazahra123 yahossein yahosein yamahdi313 mahdi313
  allah110 ali12345 ali123456 reza1234 reza12345 amir1234 amir12345 mehdi123 mehdi1234 mahdi123
  mahdi1234 hasan123 hassan123 hosein123 hossein1 hossein123 mohammad1 mohammad123 mohamad123
  alireza1 alireza123 amirhossein amirhosein amirali1 amirreza mohammadreza hamidreza maryam123
  zahra123 zahra1234 fateme123 fatemeh1 fatemeh123 narges123 sara1234 setareh1 parisa123
  perspolis perspolis1 persepolis esteghlal esteghlal1 esteqlal tractor123 sepahan1
  asheghetam asheqetam doosetdaram dooset1234 eshghamm eshgheman azizam123 golnarges
  telegram1 instagram1
`;

let common: ReadonlySet<string> | undefined;

/**
 * Whether a password, in lower case, is one that everybody tries first: one of the 49,233 of
 * zxcvbn-ts (MIT; 17,950 of them have eight characters or more, where OWASP ASVS 5.0, 6.2.4 asks
 * for 3,000) or of our own. The set is built with the first call, which takes some 30 ms.
 */
export function isCommonPassword(lowerCased: string): boolean {
  common ??= new Set([...dictionary['passwords-common'], ...commonInIran.trim().split(/\s+/)]);
  return common.has(lowerCased);
}
