// Installs the locked dependencies where they are missing or stale, and does nothing otherwise.
// It runs before anything is installed: no dependencies, and any Node from 20 on.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, 'node_modules', '.muster-setup');
const stamp = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

if (!isInstalled()) install();

// The stamp is written last, so an installation that was cut short is repeated.
function isInstalled() {
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) return false;
  return existsSync(join(root, 'node_modules', '.bin', 'node'));
}

function install() {
  console.log('installing the locked dependencies (npm ci)');
  // Development dependencies hold Node 24 itself: NODE_ENV=production must not leave them out.
  const npm = spawnSync('npm', ['ci', '--include=dev', '--no-fund', '--no-audit'], { cwd: root, encoding: 'utf8' });
  if (npm.status !== 0) {
    console.error(`${npm.stdout ?? ''}${npm.stderr ?? npm.error?.message ?? ''}`);
    process.exit(npm.status || 1);
  }
  writeFileSync(stampFile, stamp);
}
