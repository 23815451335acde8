// Which object a request means: a CloudFront Function (runtime cloudfront-js-2.0, viewer request).
// `store` (the key-value store, null in copy mode) and `singlePage` come from site.yaml, which holds this text too;
// a test keeps both the same. Facts: Amazon CloudFront Developer Guide, "JavaScript runtime 2.0 features for CloudFront
// Functions", "Helper methods for key value stores", "CloudFront Functions event structure", "Quotas" (10 KB).

const TAG = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

async function handler(event) {
  const request = event.request;
  const parts = partsOf(request.uri);
  if (parts === null) {
    return answer(400, 'Bad Request', 'This address can not be a file of this site.');
  }
  const name = parts[parts.length - 1];
  const known = name.indexOf('.') >= 0 || parts[0] === '.well-known';
  if (!known && singlePage) {
    return lead(request, ['index.html']);
  }
  if (!known && name !== '') {
    // A page that was asked for without its slash would look for its files one folder too high.
    return moved('/' + encoded(parts) + '/' + query(request.querystring));
  }
  return lead(request, name === '' ? parts.slice(0, -1).concat('index.html') : parts);
}

async function lead(request, parts) {
  if (store === null) {
    request.uri = '/' + encoded(parts);
    return request;
  }
  const folder = await value('live');
  if (!TAG.test(folder)) {
    return answer(503, 'Service Unavailable', 'No release of this site is enabled yet. Please try again later.');
  }
  // Folders take turns, so what an edge keeps is named by the release too. S3 ignores what begins with x- in a query
  // (S3 User Guide, "Adding custom information to your access logs").
  const release = await value(folder);
  request.querystring = { 'x-release': { value: TAG.test(release) ? release : folder } };
  request.uri = '/live/' + folder + '/' + encoded(parts);
  return request;
}

async function value(key) {
  try {
    return await store.get(key);
  } catch (missing) {
    return '';
  }
}

// The decoded parts of a path, or null where it may mean something else to whoever reads it next.
function partsOf(uri) {
  let parts;
  try {
    parts = uri.split('/').map(decodeURIComponent);
  } catch (malformed) {
    return null;
  }
  if (parts.length < 2 || parts[0] !== '') {
    return null;
  }
  parts = parts.slice(1);
  for (let i = 0; i < parts.length; i++) {
    const empty = parts[i] === '' && i < parts.length - 1;
    if (empty || parts[i] === '.' || parts[i] === '..' || /[\/\\\x00-\x1f\x7f]/.test(parts[i])) {
      return null;
    }
  }
  return parts;
}

// One spelling for each file, so that it is cached once; `+` becomes %2B, since S3 reads a bare one as a space.
function encoded(parts) {
  return parts.map(encodeURIComponent).join('/');
}

function query(given) {
  const pairs = [];
  Object.keys(given || {}).forEach(function (name) {
    const values = given[name].multiValue || [given[name]];
    values.forEach(function (each) {
      pairs.push(each.value === '' ? name : name + '=' + each.value);
    });
  });
  return pairs.length ? '?' + pairs.join('&') : '';
}

function moved(location) {
  return {
    statusCode: 302,
    statusDescription: 'Found',
    headers: { location: { value: location }, 'cache-control': { value: 'no-cache' } },
  };
}

function answer(code, description, text) {
  return {
    statusCode: code,
    statusDescription: description,
    headers: {
      'content-type': { value: 'text/plain; charset=utf-8' },
      'cache-control': { value: 'no-store' },
    },
    body: text + '\n',
  };
}
