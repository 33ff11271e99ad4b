/** Addresses that a server must not be talked into calling, in every notation that some library understands. */

/** Hosts of URLs. Each means an address that is refused. */
export const refusedHosts: readonly string[] = [
  // 127.0.0.0/8, as people write it and as C libraries and browsers read it
  ...['127.0.0.1', '127.1', '127.0.1', '127.0.0.2', '127.255.255.254', '127.000.000.001', '127.0.0.1.'],
  ...['0177.0.0.1', '0177.0.0.01', '0177.1', '0x7f.0.0.1', '0x7f.1', '0x7f000001', '0X7F.0x0.0x0.0x1', '127.0x1'],
  ...['2130706433', '2130706433.', '017700000001', '0x7f.0.1', '127.65530', '0x7F.65530'],
  ...[
    '①②⑦.⓪.⓪.①',
    '１２７.０.０.１',
    '127。0。0。1',
    '127．0．0．1',
    '127｡0｡0｡1',
    '𝟏𝟐𝟕.𝟎.𝟎.𝟏',
    '%31%32%37.0.0.1',
    '127%2E0.0.1',
  ],
  // this host
  ...['0.0.0.0', '0', '0x0', '00', '0.0', '0.0.0.1', '0.255.255.255', '000000000000'],
  // loopback and this host in IPv6, and IPv4 inside it
  ...['[::1]', '[0:0:0:0:0:0:0:1]', '[::0001]', '[0000::1]', '[::]', '[0::0]'],
  ...[
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:127.0.0.1]',
    '[::FFFF:7F00:0001]',
    '[::ffff:0:127.0.0.1]',
  ],
  ...['[::127.0.0.1]', '[::7f00:1]', '[64:ff9b::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]'],
  ...['[2002:7f00:1::]', '[2002:7f00:0001::1]', '[2002:a00:1::]', '[2001::1]', '[2001:0:7f00:1::]'],
  // private, shared, link-local
  ...['10.0.0.1', '10.255.255.254', '0xa.0.0.1', '012.0.0.1', '167772161', '10.1', '172.16.0.1', '172.31.255.254'],
  ...['0xac.16.1', '192.168.0.1', '192.168.1.254', '3232235521', '0xc0a80001', '192.168.257', '100.64.0.1'],
  ...[
    '100.127.255.254',
    '169.254.0.1',
    '169.254.255.254',
    '[fc00::1]',
    '[fd12:3456::1]',
    '[fdff::]',
    '[fe80::1]',
    '[febf::1]',
  ],
  ...['[fec0::1]', '[::ffff:10.0.0.1]', '[::ffff:192.168.0.1]'],
  // what gives out the credentials of a machine
  ...['169.254.169.254', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518', '0xa9.254.0xa9fe'],
  ...[
    '[::ffff:169.254.169.254]',
    '[64:ff9b::a9fe:a9fe]',
    '[fd00:ec2::254]',
    '169.254.170.2',
    '168.63.129.16',
    '100.100.100.200',
  ],
  ...['192.0.0.192', '[fe80::a9fe:a9fe]'],
  // multicast, reserved, documentation
  ...[
    '224.0.0.1',
    '239.255.255.255',
    '0xe0000001',
    '240.0.0.1',
    '255.255.255.255',
    '4294967295',
    '[ff02::1]',
    '[ff05::2]',
  ],
  ...['192.0.0.1', '192.0.2.1', '192.88.99.1', '198.18.0.1', '198.19.255.254', '198.51.100.1', '203.0.113.1'],
  ...['[2001:db8::1]', '[3fff::1]', '[100::1]', '[4000::1]', '[5f00::1]', '[2001:2::1]'],
  // names
  ...[
    'localhost',
    'LOCALHOST',
    'localhost.',
    'ⓛocalhost',
    'app.localhost',
    'loop.test',
    'LOOP.test.',
    'six.test',
    'mapped.test',
  ],
  ...['zero.test', 'private.test', 'shared.test', 'link.test', 'ula.test', 'nat64.test', 'mixed.test', 'bücher.test'],
  ...['127.0.0.1.nip.test', 'metadata.google.internal', 'kubernetes.default.svc', 'host.docker.internal'],
];

/** What the names of this file mean. */
export const zone: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  'app.localhost': ['127.0.0.1'],
  'loop.test': ['127.0.0.1'],
  'six.test': ['::1'],
  'mapped.test': ['::ffff:7f00:1'],
  'zero.test': ['0.0.0.0', '::'],
  'private.test': ['10.0.0.1'],
  'shared.test': ['100.64.0.1'],
  'link.test': ['169.254.1.1'],
  'ula.test': ['fd00::1'],
  'nat64.test': ['64:ff9b::7f00:1'],
  'mixed.test': ['10.0.0.1', '127.0.0.1', '::1', '192.168.0.1'],
  'xn--bcher-kva.test': ['127.0.0.1'],
  '127.0.0.1.nip.test': ['127.0.0.1'],
  'metadata.google.internal': ['169.254.169.254'],
  'kubernetes.default.svc': ['10.96.0.1'],
  'host.docker.internal': ['172.17.0.1'],
};

/** Whole texts that are no address to call, or hide where they lead; `P` stands for the port. */
export const refusedTexts: readonly string[] = [
  ...['http://user@127.0.0.1:P/', 'http://user:pass@127.0.0.1:P/', 'http://example.com@127.0.0.1:P/'],
  ...[
    'http://example.com:80@127.0.0.1:P/',
    'http://127.0.0.1:P\\@example.com/',
    'http://a:b@[::1]:P/',
    'http://@user@127.0.0.1:P',
  ],
  ...[
    'ftp://127.0.0.1:P/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:P/_GET',
    'ws://127.0.0.1:P/',
    'dict://127.0.0.1:P/',
  ],
  ...[
    'data:text/plain,x',
    'javascript:alert(1)',
    'blob:http://127.0.0.1:P/x',
    'unix:/var/run/docker.sock',
    'ldap://127.0.0.1:P/',
  ],
  ...[
    'http://[::1%25lo]:P/',
    'http://[::1]P/',
    'http://127.0.0.1:99999/',
    'http://',
    'http:///',
    'http://a b/',
    'http://[::g]/',
  ],
];
