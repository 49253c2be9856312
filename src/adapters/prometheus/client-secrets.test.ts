import { expect, it } from 'vitest';
import { refusal, success, text, vector } from '../../../test/builders/fake-prometheus.ts';
import { PlayedPrometheus } from '../../../test/builders/played-prometheus.ts';

const prometheus = new PlayedPrometheus();

it('never shows a secret, not even one that a server sends back', async () => {
  const basic = { username: 'ann', password: 'pa55word' };
  const encoded = Buffer.from('ann:pa55word').toString('base64');
  const options = { basic, url: prometheus.fake.url, headers: { 'X-Key': 'key-of-the-house' } };
  const echo = `you sent ${encoded}, pa55word and key-of-the-house`;
  for (const answer of [text(echo, 500), refusal(400, 'bad_data', echo)]) {
    const { message } = await prometheus.failure(answer, options);
    expect(message).toContain('you sent ***, *** and ***');
  }
  const inUrl = await prometheus.failure(text('no', 500), {
    url: prometheus.fake.url.replace('//', '//ann:pa55word@'),
  });
  expect(inUrl.message).not.toContain('pa55word');
});

it.each([
  ['at the end of what is shown of a text', (token: string) => text('x'.repeat(280) + token, 500)],
  ['in a warning', (token: string) => success('vector', [], [`you sent ${token}`])],
  ['as the type of an answer', (token: string) => text('x', 200, `text/${token}`)],
  ['in the words of a proxy', (token: string) => text(`Bearer ${token} has expired`, 407)],
])('never shows a token %s', async (_, echo) => {
  const token = 'eyJhbGciOi-of-the-house-0123456789';
  prometheus.fake.answer = echo(token);
  const seen: unknown = await prometheus
    .client({ token })
    .query('up')
    .catch(({ message }: Error) => message);
  expect(JSON.stringify(seen)).toContain('***');
  expect(JSON.stringify(seen)).not.toContain('eyJ');
});

it('shows nothing of a URL that looks like a key', async () => {
  const url = `${prometheus.fake.url}/tenants/0123456789abcdef`;
  expect((await prometheus.failure(text('no', 500), { url })).message).toContain(
    `${prometheus.fake.url}/tenants/*** `,
  );
});

it('takes a user as it stands where it is no code', async () => {
  prometheus.fake.answer = vector(['1']);
  await prometheus.client({ url: prometheus.fake.url.replace('//', '//a%zz:b@') }).query('up');
  const basic = Buffer.from('a%zz:b').toString('base64');
  expect(prometheus.fake.asked.at(-1)?.headers.authorization).toBe(`Basic ${basic}`);
});
