import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { judgeAddress, parseAllowList } from './address-policy.ts'

const nothing = parseAllowList([])
const target = { hostname: 'example.com', port: 443 }

test('allows global unicast addresses only', () => {
  for (const address of [
    '8.8.8.8',
    '93.184.216.34',
    '172.15.255.255',
    '172.32.0.1',
    '2606:4700::1111',
    '2a00:1450::1',
  ]) {
    assert.equal(judgeAddress(nothing, target, address), 'public', address)
  }
})

test('refuses private, local, shared, documentation, multicast, tunnel and metadata addresses', () => {
  const refused = [
    ['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.254'],
    ['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.1.1'],
    ['198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '168.63.129.16'],
    ['::', '::1', '::7f00:1', '::ffff:127.0.0.1', '::ffff:a00:1', '::ffff:0:127.0.0.1', '64:ff9b::7f00:1'],
    ['64:ff9b::169.254.169.254', '64:ff9b:1::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'fe80::1%eth0', 'fec0::1'],
    ['ff02::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '2002:808:808::', '100::1', '3fff::1', '5f00::1'],
    ['', 'localhost', '1.2.3', '1.2.3.4.5', '01.02.03.04', '0x7f.1', '2130706433', '::g'],
  ].flat()
  for (const address of refused) assert.equal(judgeAddress(nothing, target, address), 'refused', address)
})

test('judges an IPv4-mapped or NAT64 address exactly like the IPv4 address inside', () => {
  fc.assert(
    fc.property(fc.ipV4(), (inside) => {
      const verdict = judgeAddress(nothing, target, inside)
      assert.equal(judgeAddress(nothing, target, `::ffff:${inside}`), verdict)
      assert.equal(judgeAddress(nothing, target, `64:ff9b::${inside}`), verdict)
    }),
  )
})

test('a listed network lets its addresses pass in every spelling, and no others', () => {
  const list = parseAllowList(['10.1.0.0/16', 'fd00:1::/32'])
  for (const address of ['10.1.0.1', '10.1.255.255', '::ffff:10.1.2.3', '64:ff9b::10.1.2.3', 'fd00:1::5']) {
    assert.equal(judgeAddress(list, target, address), 'listed', address)
  }
  for (const address of ['10.2.0.1', '10.0.255.255', 'fd00:2::5', '127.0.0.1']) {
    assert.equal(judgeAddress(list, target, address), 'refused', address)
  }
})

test('a listed host may resolve to any address, under its own name and port only', () => {
  const list = parseAllowList([' Intranet.Example ', 'db.example:8443'])
  const judge = (hostname: string, port: number) => judgeAddress(list, { hostname, port }, '10.0.0.1')
  assert.equal(judge('intranet.example', 80), 'listed')
  assert.equal(judge('intranet.example.', 81), 'listed')
  assert.equal(judge('db.example', 8443), 'listed')
  assert.equal(judge('db.example', 443), 'refused')
  assert.equal(judge('evil-intranet.example', 80), 'refused')
  assert.equal(judge('intranet.example.evil.com', 80), 'refused')
})

test('a listed address may be bound to a port', () => {
  const list = parseAllowList(['127.0.0.1:8080', '[::1]:8080', '[fd00::1]', 'fd00::2', '192.168.0.1'])
  const judge = (address: string, port: number) => judgeAddress(list, { hostname: address, port }, address)
  assert.equal(judge('127.0.0.1', 8080), 'listed')
  assert.equal(judge('127.0.0.1', 8081), 'refused')
  assert.equal(judge('::1', 8080), 'listed')
  assert.equal(judge('::1', 80), 'refused')
  assert.equal(judge('fd00::1', 80), 'listed')
  assert.equal(judge('fd00::2', 80), 'listed')
  assert.equal(judge('192.168.0.1', 25), 'listed')
})

test('names the entry of the allow list that cannot be read', () => {
  const unreadable = ['10.0.0.0/33', '10.0.0/8', 'a b', 'host:0', 'host:70000', 'http://host', '2130706433', '0x7f.1']
  for (const entry of [...unreadable, '10.1', '[host]:80', '[::1', 'host:', '-host', '1.2.3.4.5', '*.example.com']) {
    assert.throws(
      () => parseAllowList(['localhost', entry]),
      (error: Error) => error.message.startsWith(`lists "${entry}", which is not a host`),
    )
  }
  assert.deepEqual(parseAllowList(['', '  ']), [])
})
