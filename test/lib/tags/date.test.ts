import { describe, expect, it } from 'vitest';
import { formatDate } from '../../../src/lib/tags/date.ts';

describe('formatDate', () => {
  // What is expected is what Moment.js wrote.
  it.each([
    ['YYYYMMDD', '2024-02-29T23:05:07.089Z', 'UTC', '20240229'],
    ['YYYY-MM-DDTHH:mm:ss.SSS[Z]', '2024-02-29T23:05:07.089Z', 'UTC', '2024-02-29T23:05:07.089Z'],
    ['dddd, MMMM Do YYYY, h:mm:ss a', '2024-02-29T23:05:07.089Z', 'UTC', 'Thursday, February 29th 2024, 11:05:07 pm'],
    ['YY.M.D', '2024-02-29T23:05:07.089Z', 'UTC', '24.2.29'],
    ['Y y yy yyy yyyy yo', '2024-02-29T23:05:07.089Z', 'UTC', '2024 2024 2024 2024 2024 2024th'],
    ['YYYYY YYYYYY YYY', '2024-02-29T23:05:07.089Z', 'UTC', '02024 +002024 242024'],
    ['DDD DDDD DDDo', '2024-02-29T23:05:07.089Z', 'UTC', '60 060 60th'],
    ['d do dd ddd dddd e E', '2024-02-29T23:05:07.089Z', 'UTC', '4 4th Th Thu Thursday 4 4'],
    ['w wo ww W Wo WW', '2024-02-29T23:05:07.089Z', 'UTC', '9 9th 09 9 9th 09'],
    ['gg gggg ggggg GG GGGG GGGGG', '2024-02-29T23:05:07.089Z', 'UTC', '24 2024 02024 24 2024 02024'],
    ['Q Qo', '2024-02-29T23:05:07.089Z', 'UTC', '1 1st'],
    ['M Mo MM MMM MMMM', '2024-02-29T23:05:07.089Z', 'UTC', '2 2nd 02 Feb February'],
    ['D Do DD', '2024-02-29T23:05:07.089Z', 'UTC', '29 29th 29'],
    ['H HH h hh k kk A a', '2024-02-29T23:05:07.089Z', 'UTC', '23 23 11 11 23 23 PM pm'],
    ['Hmm Hmmss hmm hmmss', '2024-02-29T23:05:07.089Z', 'UTC', '2305 230507 1105 110507'],
    ['m mm s ss', '2024-02-29T23:05:07.089Z', 'UTC', '5 05 7 07'],
    ['S SS SSS SSSS SSSSSSSSS', '2024-02-29T23:05:07.089Z', 'UTC', '0 08 089 0890 089000000'],
    ['X x', '2024-02-29T23:05:07.089Z', 'UTC', '1709247907 1709247907089'],
    ['Z ZZ z zz', '2024-02-29T23:05:07.089Z', 'UTC', '+00:00 +0000 UTC UTC'],
    ['[at] HH[h]mm', '2024-02-29T23:05:07.089Z', 'UTC', 'at 23h05'],
    ['\\Y\\D [x]Y', '2024-02-29T23:05:07.089Z', 'UTC', 'YD x2024'],
    ['L l LL ll', '2024-02-29T23:05:07.089Z', 'UTC', '02/29/2024 2/29/2024 February 29, 2024 Feb 29, 2024'],
    [
      'LLL lll LT LTS',
      '2024-02-29T23:05:07.089Z',
      'UTC',
      'February 29, 2024 11:05 PM Feb 29, 2024 11:05 PM 11:05 PM 11:05:07 PM',
    ],
    ['LLLL llll', '2024-02-29T23:05:07.089Z', 'UTC', 'Thursday, February 29, 2024 11:05 PM Thu, Feb 29, 2024 11:05 PM'],
    ['N NN NNN NNNN NNNNN', '2024-02-29T23:05:07.089Z', 'UTC', 'AD AD AD Anno Domini AD'],
    ['[unclosed YYYY', '2024-02-29T23:05:07.089Z', 'UTC', '[unc2/29/2024o744 2024'],
    ['b i j T q', '2024-02-29T23:05:07.089Z', 'UTC', 'b i j T q'],
    ['[]YYYY[[a]]', '2024-02-29T23:05:07.089Z', 'UTC', '2024[a]'],
    ['B-YYYY_MM', '2024-02-29T23:05:07.089Z', 'UTC', 'B-2024_02'],
    ['YYYY-MM-DD HH:mm:ss Z ZZ', '2024-02-29T23:05:07.089Z', 'Asia/Tokyo', '2024-03-01 08:05:07 +09:00 +0900'],
    ['YYYY-MM-DD HH:mm:ss Z ZZ', '2024-02-29T23:05:07.089Z', 'America/New_York', '2024-02-29 18:05:07 -05:00 -0500'],
    ['YYYY-MM-DD HH:mm:ss Z ZZ', '2024-02-29T23:05:07.089Z', 'Asia/Kolkata', '2024-03-01 04:35:07 +05:30 +0530'],
    ['YYYY-MM-DD HH:mm:ss Z ZZ', '2024-02-29T23:05:07.089Z', 'Pacific/Kiritimati', '2024-03-01 13:05:07 +14:00 +1400'],
    ['YYYY-MM-DD HH:mm:ss Z ZZ', '2024-02-29T23:05:07.089Z', 'asia/tokyo', '2024-03-01 08:05:07 +09:00 +0900'],
    ['YYYY-MM-DD HH:mm:ss Z ZZ', '2024-02-29T23:05:07.089Z', 'Europe/Berlin', '2024-03-01 00:05:07 +01:00 +0100'],
    ['YYYY-MM-DD HH:mm:ss Z ZZ', '2024-02-29T23:05:07.089Z', 'America/St_Johns', '2024-02-29 19:35:07 -03:30 -0330'],
    ['YYYY-MM-DD HH:mm:ss Z ZZ', '2024-02-29T23:05:07.089Z', 'Etc/GMT+9', '2024-02-29 14:05:07 -09:00 -0900'],
    ['YYYY-MM-DDTHH:mm:ss.SSS[Z]', '2021-01-01T00:00:00.000Z', 'UTC', '2021-01-01T00:00:00.000Z'],
    ['dddd, MMMM Do YYYY, h:mm:ss a', '2021-01-01T00:00:00.000Z', 'UTC', 'Friday, January 1st 2021, 12:00:00 am'],
    ['d do dd ddd dddd e E', '2021-01-01T00:00:00.000Z', 'UTC', '5 5th Fr Fri Friday 5 5'],
    ['w wo ww W Wo WW', '2021-01-01T00:00:00.000Z', 'UTC', '1 1st 01 53 53rd 53'],
    ['gg gggg ggggg GG GGGG GGGGG', '2021-01-01T00:00:00.000Z', 'UTC', '21 2021 02021 20 2020 02020'],
    ['H HH h hh k kk A a', '2021-01-01T00:00:00.000Z', 'UTC', '0 00 12 12 24 24 AM am'],
    ['Hmm Hmmss hmm hmmss', '2021-01-01T00:00:00.000Z', 'UTC', '000 00000 1200 120000'],
    ['[at] HH[h]mm', '2021-01-01T00:00:00.000Z', 'UTC', 'at 00h00'],
    ['[unclosed YYYY', '2021-01-01T00:00:00.000Z', 'UTC', '[unc1/1/2021o055 2021'],
    ['YYYYMMDD-HHmmss', '2021-01-01T00:00:00.000Z', 'Asia/Tokyo', '20210101-090000'],
    ['YYYYMMDD-HHmmss', '2021-01-01T00:00:00.000Z', 'America/New_York', '20201231-190000'],
    ['YYYYMMDD-HHmmss', '2021-01-01T00:00:00.000Z', 'Asia/Kolkata', '20210101-053000'],
    ['YYYYMMDD-HHmmss', '2021-01-01T00:00:00.000Z', 'Pacific/Kiritimati', '20210101-140000'],
    ['YYYYMMDD-HHmmss', '2021-01-01T00:00:00.000Z', 'asia/tokyo', '20210101-090000'],
    ['YYYYMMDD-HHmmss', '2021-01-01T00:00:00.000Z', 'Europe/Berlin', '20210101-010000'],
    ['YYYYMMDD-HHmmss', '2021-01-01T00:00:00.000Z', 'America/St_Johns', '20201231-203000'],
    ['YYYYMMDD-HHmmss', '2021-01-01T00:00:00.000Z', 'Etc/GMT+9', '20201231-150000'],
    ['YYYY-MM-DDTHH:mm:ss.SSS[Z]', '2023-01-01T12:00:00.500Z', 'UTC', '2023-01-01T12:00:00.500Z'],
    ['dddd, MMMM Do YYYY, h:mm:ss a', '2023-01-01T12:00:00.500Z', 'UTC', 'Sunday, January 1st 2023, 12:00:00 pm'],
    ['d do dd ddd dddd e E', '2023-01-01T12:00:00.500Z', 'UTC', '0 0th Su Sun Sunday 0 7'],
    ['w wo ww W Wo WW', '2023-01-01T12:00:00.500Z', 'UTC', '1 1st 01 52 52nd 52'],
    ['gg gggg ggggg GG GGGG GGGGG', '2023-01-01T12:00:00.500Z', 'UTC', '23 2023 02023 22 2022 02022'],
    ['H HH h hh k kk A a', '2023-01-01T12:00:00.500Z', 'UTC', '12 12 12 12 12 12 PM pm'],
    ['Hmm Hmmss hmm hmmss', '2023-01-01T12:00:00.500Z', 'UTC', '1200 120000 1200 120000'],
    ['[at] HH[h]mm', '2023-01-01T12:00:00.500Z', 'UTC', 'at 12h00'],
    ['[unclosed YYYY', '2023-01-01T12:00:00.500Z', 'UTC', '[unc1/1/2023o000 2023'],
    ['YYYY-MM-DDTHH:mm:ss.SSS[Z]', '2019-12-30T04:09:59.999Z', 'UTC', '2019-12-30T04:09:59.999Z'],
    ['dddd, MMMM Do YYYY, h:mm:ss a', '2019-12-30T04:09:59.999Z', 'UTC', 'Monday, December 30th 2019, 4:09:59 am'],
    ['d do dd ddd dddd e E', '2019-12-30T04:09:59.999Z', 'UTC', '1 1st Mo Mon Monday 1 1'],
    ['w wo ww W Wo WW', '2019-12-30T04:09:59.999Z', 'UTC', '1 1st 01 1 1st 01'],
    ['gg gggg ggggg GG GGGG GGGGG', '2019-12-30T04:09:59.999Z', 'UTC', '20 2020 02020 20 2020 02020'],
    ['H HH h hh k kk A a', '2019-12-30T04:09:59.999Z', 'UTC', '4 04 4 04 4 04 AM am'],
    ['Hmm Hmmss hmm hmmss', '2019-12-30T04:09:59.999Z', 'UTC', '409 40959 409 40959'],
    ['[at] HH[h]mm', '2019-12-30T04:09:59.999Z', 'UTC', 'at 04h09'],
    ['[unclosed YYYY', '2019-12-30T04:09:59.999Z', 'UTC', '[unc12/30/2019o5911 2019'],
    ['YYYY-MM-DDTHH:mm:ss.SSS[Z]', '1970-01-01T00:00:00.000Z', 'UTC', '1970-01-01T00:00:00.000Z'],
    ['dddd, MMMM Do YYYY, h:mm:ss a', '1970-01-01T00:00:00.000Z', 'UTC', 'Thursday, January 1st 1970, 12:00:00 am'],
    ['d do dd ddd dddd e E', '1970-01-01T00:00:00.000Z', 'UTC', '4 4th Th Thu Thursday 4 4'],
    ['w wo ww W Wo WW', '1970-01-01T00:00:00.000Z', 'UTC', '1 1st 01 1 1st 01'],
    ['gg gggg ggggg GG GGGG GGGGG', '1970-01-01T00:00:00.000Z', 'UTC', '70 1970 01970 70 1970 01970'],
    ['H HH h hh k kk A a', '1970-01-01T00:00:00.000Z', 'UTC', '0 00 12 12 24 24 AM am'],
    ['Hmm Hmmss hmm hmmss', '1970-01-01T00:00:00.000Z', 'UTC', '000 00000 1200 120000'],
    ['[at] HH[h]mm', '1970-01-01T00:00:00.000Z', 'UTC', 'at 00h00'],
    ['[unclosed YYYY', '1970-01-01T00:00:00.000Z', 'UTC', '[unc1/1/1970o044 1970'],
  ])('writes %s of %s in %s as: %s', (format, time, timeZone, written) => {
    expect(formatDate(Date.parse(time), format, timeZone)).toBe(written);
  });

  it('knows no abbreviation of a zone but that of UTC', () => {
    expect(formatDate(0, 'z', 'Europe/Berlin')).toBeUndefined();
  });

  it('knows no zone that does not exist', () => {
    expect(formatDate(0, 'YYYY', 'Nowhere/Land')).toBeUndefined();
  });

  it('follows a zone into summer time', () => {
    expect(formatDate(Date.parse('2024-07-01T00:00:00Z'), 'HH Z', 'Europe/Berlin')).toBe('02 +02:00');
  });
});
