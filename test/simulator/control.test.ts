import http from 'node:http'
import nock from 'nock'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../../src/simulator/server.ts'
import { basic, envelope, getDelegate, OWNER } from './ews-driver.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator({ control: true })
})
afterAll(() => simulator.close())
afterEach(() => simulator.faults.clear())

async function control(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${simulator.control}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, json: text === '' ? undefined : JSON.parse(text) }
}

const call = () =>
  fetch(simulator.ews, {
    method: 'POST',
    headers: { authorization: basic(OWNER), 'content-type': 'text/xml' },
    body: envelope(getDelegate()),
  })

test('is on loopback, apart from the simulator', () => {
  expect(simulator.control).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(simulator.control).not.toBe(simulator.url)
})

describe('faults', () => {
  test('are added, listed, ended, and cleared', async () => {
    expect(await control('POST', '/faults', { kind: 'status', status: 503, count: 1 })).toEqual({
      status: 201,
      json: { ids: ['1'] },
    })
    expect(
      await control('POST', '/faults', [{ kind: 'gzip' }, { kind: 'drop', operation: 'AddDelegate' }]),
    ).toEqual({
      status: 201,
      json: { ids: ['2', '3'] },
    })
    expect((await call()).status).toBe(503)
    expect((await control('GET', '/faults')).json).toEqual({
      seed: 1,
      faults: [
        { id: '1', fault: { kind: 'status', status: 503, count: 1 }, seen: 1, struck: 1 },
        { id: '2', fault: { kind: 'gzip' }, seen: 0, struck: 0 },
        { id: '3', fault: { kind: 'drop', operation: 'AddDelegate' }, seen: 0, struck: 0 },
      ],
    })
    expect((await control('DELETE', '/faults/2')).status).toBe(204)
    expect((await control('DELETE', '/faults/2')).status).toBe(404)
    expect((await control('DELETE', '/faults')).status).toBe(204)
    expect((await control('GET', '/faults')).json.faults).toEqual([])
  })

  test('are replaced, with a seed, in YAML too', async () => {
    expect((await control('PUT', '/faults', 'seed: 9\nfaults:\n  - kind: drop\n')).json).toEqual({
      ids: ['1'],
    })
    expect([simulator.faults.seed, simulator.faults.list().length]).toEqual([9, 1])
    await control('PUT', '/faults', { seed: 1, faults: [] })
    expect(simulator.faults.any).toBe(false)
  })

  test('with mistakes are refused with the place of each', async () => {
    expect(await control('POST', '/faults', '- kind: drop\n  share: 3')).toEqual({
      status: 400,
      json: { error: expect.stringContaining('faults:2:10 The share is') },
    })
    expect((await control('PATCH', '/faults')).status).toBe(405)
  })
})

test('requests are looked at and forgotten', async () => {
  await call()
  const { json } = await control('GET', '/requests?operation=GetDelegate')
  expect(json.requests.at(-1)).toMatchObject({ face: 'ews', operation: 'GetDelegate', status: 200 })
  expect(JSON.stringify(json)).not.toContain(basic(OWNER).slice(6))
  expect((await control('DELETE', '/requests')).status).toBe(204)
  expect((await control('GET', '/requests')).json).toEqual({ requests: [] })
})

test('the propagation delay is read and set', async () => {
  expect((await control('GET', '/propagation-delay')).json).toEqual({ milliseconds: 0 })
  expect((await control('PUT', '/propagation-delay', { milliseconds: 250 })).json).toEqual({
    milliseconds: 250,
  })
  expect(simulator.exchange.directory.propagationDelay).toBe(250)
  expect((await control('PUT', '/propagation-delay', { milliseconds: -1 })).status).toBe(400)
  expect((await control('PUT', '/propagation-delay', 'rubbish')).status).toBe(400)
  await control('PUT', '/propagation-delay', { milliseconds: 0 })
})

describe('somebody’s browser', () => {
  test('may not use it: a page shows in Origin', async () => {
    expect(
      (await control('POST', '/faults', { kind: 'drop' }, { origin: 'https://evil.example' })).status,
    ).toBe(403)
    expect(simulator.faults.any).toBe(false)
  })

  test('may not use it under another name that leads here', async () => {
    nock.restore()
    const status = await new Promise((resolve) => {
      http.get(`${simulator.control}/faults`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
    })
    nock.activate()
    expect(status).toBe(403)
  })
})

test('other paths are 404, and too much is 413', async () => {
  expect((await control('GET', '/')).status).toBe(404)
  expect((await control('POST', '/faults', `# ${'x'.repeat(1024 * 1024)}`)).status).toBe(413)
})

test('a port that is taken is said, and nothing is left running', async () => {
  const port = Number(new URL(simulator.control ?? '').port)
  await expect(startSimulator({ control: port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken.`)
})

test('the propagation delay can be set from the start', async () => {
  await using delayed = await startSimulator({ propagationDelay: 1234 })
  expect(delayed.exchange.directory.propagationDelay).toBe(1234)
})
