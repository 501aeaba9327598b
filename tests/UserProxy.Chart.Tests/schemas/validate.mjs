// Checks Kubernetes objects against the schemas of their kinds. Argument: the node_modules folder. Standard input: a JSON array of objects.
// Standard output: a line for each object that its schema does not take, or that has no schema here. Started by KubernetesSchemas.cs.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const modules = resolve(process.argv[2]);
const objects = JSON.parse(readFileSync(0, 'utf8'));

async function modelOf({ apiVersion, kind }) {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const library = group === 'monitoring.coreos.com' ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models';
  const file = join(modules, library, group, version, `${kind}.js`);
  return (await import(pathToFileURL(file)))[kind];
}

// The schemas are compiled to functions that read every field they know and are content with the others. A field that nobody has read is one that
// the API server would refuse, or drop in silence.
function watched(value, path, unread) {
  if (value === null || typeof value !== 'object') return value;
  const children = new Map();
  for (const key of Object.keys(value)) {
    children.set(key, watched(value[key], `${path}.${key}`, unread));
    unread.add(`${path}.${key}`);
  }
  return new Proxy(value, {
    get(target, key) {
      unread.delete(`${path}.${String(key)}`);
      return children.has(key) ? children.get(key) : target[key];
    },
  });
}

for (const object of objects) {
  const name = `${object.apiVersion} ${object.kind} ${object.metadata?.name}`;
  try {
    const model = await modelOf(object);
    const unread = new Set();
    model.prototype.validate.call(watched(object, '', unread));
    const unknown = [...unread].filter((path) => ![...unread].some((other) => path.startsWith(`${other}.`)));
    if (unknown.length > 0) console.log(`${name}: unknown fields ${unknown.join(', ')}`);
  } catch (error) {
    console.log(`${name}: ${error.message}`);
  }
}
