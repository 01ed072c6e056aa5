import { createPublicKey } from 'node:crypto';

/** What Node signed: `signed` under one RSA key of 2048 bits, with SHA-256. The private key was not kept. */
export const RSA_KEY = createPublicKey(`-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqG6XM6+JB5io7SIM27BC
CeaUCapQm+ZH/TQmVmTfqybVCXF58xaustH7qqZdsm9K/oLhog7LoXgIiBDuBdtl
9/gjoNENRNOvw9IxvSFr7o7bw8LIgvbID3Uj2FUditQTvzB1Td3oeUCZhTgsHhMa
TV/elyg72OiYn3vk8s+nnb4B68LdPACsK8FluSp6zuhVltMmK4eYT7uWF88m/tOn
ATWnw5CmczJrKrQPwMx+Aj6vWuRSuflcBtDFym8pgZyFSsVICITPVHGn45/mBS1C
wbyiXqo+gqd77FSMf1dhkOZ2xH31skva2r56nCQRPTuFi7plNLaCm+u/DhYk9tme
hwIDAQAB
-----END PUBLIC KEY-----`);

export const PSS_LONG_SALT = Buffer.from(
  'm+Ob5cCmTqITHRxsvFtxYuRbUVI6TcYoMr8zGz7MToeHDd85ZTyXgNV5vhqklgTFjsBCtlGyE3n6z8oKqY/mW7EtdAfi01wJC9TJ' +
    'ldHz0d+kt9DAASFi5HQzcjwny/DUNHSXhcjVm/CGGeedeFNtFpv8BlyHtz3mRkYIVdlLgwjCDvzIMWa/xw8Tn60YmrlqW56IYtGe' +
    '25sRy4muYi+JYhw7uM0EVU954F1Rthiki//hM+5wNK5EuOSq6wtBpvPyg8aKqj6IX2SFKdzAMkyHLDVWEZqjiDC62ho/Wmn5sqlD' +
    'jS0B+WdWLT2hmYqNdDtJlCmwRDeh3YK34Kth47GbgA==',
  'base64',
);
export const PSS_DIGEST_SALT = Buffer.from(
  'Iv7HxCMmK0Q74Ar4ghX4wYBcY0tnn2CViS2DVS7Asw+ZbRd+4C870cR+sylHEk3CL0sVB4kEz6DJnsIlnVunX4O88XGz/LWJxrhK' +
    'SGLaa5Y1YYL8Ik0uafLk1f80s1Qgvl+OGsNx+W1nR5cDo05orOW95FJGcvP///TxnrVSgkCcxqP0V6qo3ep76DGEdSy3OBqJ4Qyf' +
    '4zhdwOOwV7sq5TG4gms5HbWlVLZt623U4VJXKaDsmUMFp5R/rD3FwOJs7x8gbSf2ziN9WVGsAEAhtp0oNbi16MGrUdSHiif0oCp4' +
    'rHkFEpxPe86rGwiDNjiao3cu0cvLMK5TUOCiq4eISA==',
  'base64',
);
export const PKCS1 = Buffer.from(
  'emdIsYbG7t3uCcB+1+DHFQ7JV9qbwDhotykGlpU5yWd4BRPB/UcOLHkHb9EMZ+/wzPEWbhrNGHQpJbaZuaVl9+kvM0YjxM7mj0Ku' +
    'w48kPha+xO+nfDbsjlUkFaHggbguEARhmzc+Ith6LYlaAQnsQhW5uP7C8Zft/gSmZuWvWQIc/f0KdtCWv0QIWoWDrEtZ40big5ZM' +
    'HdbyP5dkTEvMjJ3A5gOBD0fxQGsjaBbm0WQKceQZSDNXU3TK7FWlXthivWD+eZspm9eKTXoef/esXYpaaKIuPHANFXYh5CiW0a2g' +
    'kHDahtB6CFGIRsSqTuVE8kAETH84wWN+bNiS8w1qIg==',
  'base64',
);
