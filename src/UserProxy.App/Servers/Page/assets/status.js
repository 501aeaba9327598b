'use strict';
// The status page. It asks /v1/glance once a second and /v1/history every five seconds, for the part of the Services that is in sight. What comes from
// Services is written by tenants: it is only ever set as text.
(() => {
  const LOOK = 1000, HISTORY = 5000, PATIENCE = 10000, ROW = 36, AHEAD = 40, MOST = 400;
  const at = id => document.getElementById(id);
  const scroller = at('scroller'), body = at('rows');

  const make = (name, text, css) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (css) element.className = css;
    return element;
  };
  // Unchanged texts are left alone: the browser need not lay them out again, nor a reader say them again.
  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const style = (element, css) => { if (element.className !== css) element.className = css; };

  const whole = new Intl.NumberFormat('en');
  const rate = value => value >= 100 ? whole.format(Math.round(value)) : value >= 10 ? value.toFixed(1) : value > 0 ? value.toFixed(2) : '0';
  const bytes = value => {
    const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
    let unit = 0;
    while (value >= 1000 && unit < units.length - 1) { value /= 1000; unit++; }
    return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
  };
  const time = seconds => seconds < 10 ? `${seconds.toFixed(1)} s` : seconds < 120 ? `${Math.round(seconds)} s` : seconds < 7200 ? `${Math.round(seconds / 60)} min`
    : seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`;
  const millis = seconds => seconds === null ? '-' : seconds < 0.1 ? `${(seconds * 1000).toFixed(1)} ms` : `${Math.round(seconds * 1000)} ms`;
  const endpoint = (address, port) => address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const tone = state => ({ Answering: 'good', Listening: 'good', answering: 'good', Failed: 'bad', Failing: 'bad', failing: 'bad', Unknown: '', unknown: '', unanswered: '' })[state] ?? 'warn';
  const sign = state => ({ good: '✓ ', bad: '✕ ', warn: '! ' })[tone(state)] ?? '· ';

  const spark = label => {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 119 30');
    svg.setAttribute('preserveAspectRatio', 'none');
    if (label) { svg.setAttribute('role', 'img'); svg.setAttribute('aria-label', label); } else svg.setAttribute('aria-hidden', 'true');
    svg.append(document.createElementNS('http://www.w3.org/2000/svg', 'polyline'));
    return svg;
  };
  const draw = (svg, values) => {
    const most = Math.max(1e-9, ...values), from = 120 - values.length;
    const points = values.map((value, i) => `${from + i},${(28.5 - 27 * value / most).toFixed(1)}`).join(' ');
    if (svg.firstChild.getAttribute('points') !== points) svg.firstChild.setAttribute('points', points);
  };

  // Sparklines with a figure over them: id, label, figure of a look, name of the history.
  const tiles = (list, all) => all.map(([label, figure, name]) => {
    const box = make('div'), value = make('dd', '-'), line = make('dd');
    const svg = spark(`${label}, the last ten minutes`);
    line.append(svg);
    box.append(make('dt', label), value, line);
    list.append(box);
    return { value, svg, figure, name };
  });
  const nodeTiles = tiles(at('tiles'), [
    ['Connections open', look => whole.format(look.status.activeConnections), 'active'],
    ['Connections / s', look => rate(look.rates.connectionsPerSecond), 'connections'],
    ['Failed dials / s', look => rate(look.rates.failuresPerSecond), 'failures'],
    ['From clients / s', look => bytes(look.rates.bytesInPerSecond), 'bytesIn'],
    ['To clients / s', look => bytes(look.rates.bytesOutPerSecond), 'bytesOut'],
  ]);
  const chosenTiles = tiles(at('chosen-tiles'), [
    ['Connections open', service => whole.format(service.activeConnections), 'active'],
    ['Connections / s', service => rate(service.rates.connectionsPerSecond), 'connections'],
    ['Failed dials / s', service => rate(service.rates.failuresPerSecond), 'failures'],
    ['From clients / s', service => bytes(service.rates.bytesInPerSecond), 'bytesIn'],
    ['To clients / s', service => bytes(service.rates.bytesOutPerSecond), 'bytesOut'],
  ]);
  const facts = (list, pairs) => {
    while (list.children.length > pairs.length) list.lastChild.remove();
    pairs.forEach(([key, value, css], i) => {
      if (!list.children[i]) { const box = make('div'); box.append(make('dt'), make('dd')); list.append(box); }
      put(list.children[i].firstChild, key);
      put(list.children[i].lastChild, value);
      style(list.children[i].lastChild, css ?? '');
    });
  };

  const columns = [
    { title: 'Service', sort: 'name', css: 'name' },
    { title: 'State', sort: 'state', css: 'state', text: item => sign(item.state) + item.state, tone: item => tone(item.state) },
    { title: 'Active', sort: 'active', css: 'number', text: item => whole.format(item.activeConnections) },
    { title: 'Conn/s', sort: 'rate', css: 'number', text: item => rate(item.rates.connectionsPerSecond) },
    { title: 'Fail/s', sort: 'failures', css: 'number less1', text: item => rate(item.rates.failuresPerSecond), tone: item => item.rates.failuresPerSecond > 0 ? 'bad' : '' },
    { title: 'In/s', sort: 'in', css: 'number less1', text: item => bytes(item.rates.bytesInPerSecond) },
    { title: 'Out/s', sort: 'out', css: 'number less1', text: item => bytes(item.rates.bytesOutPerSecond) },
    { title: 'p99', sort: 'p99', css: 'number p99 less2', text: item => millis(item.connectP99Seconds) },
    { title: 'Endpoints', css: 'number endpoints less1', text: item => `${item.endpointsAnswering}/${item.endpoints}${item.endpointsAside > 0 ? ` (${item.endpointsAside} aside)` : ''}` },
    { title: 'Queue', sort: 'queue', css: 'number less2', text: item => item.acceptQueue === null ? '-' : `${item.acceptQueue}/${item.backlog}` },
    { title: '10 min', css: 'spark less2' },
  ];
  const view = { sort: 'active', reverse: false, query: '', chosen: null, paused: false, total: 0, known: [], past: new Map(), asking: false, again: false, since: null };

  for (const column of columns) {
    const head = make('th', undefined, column.css);
    head.scope = 'col';
    if (column.sort) {
      const button = make('button', column.title);
      button.type = 'button';
      button.addEventListener('click', () => {
        view.reverse = view.sort === column.sort && !view.reverse;
        view.sort = column.sort;
        sorted();
        restart();
      });
      head.append(button);
    } else head.textContent = column.title;
    column.head = head;
    at('columns').append(head);
  }
  const sorted = () => columns.forEach(column => {
    if (!column.sort) return;
    const down = (column.sort !== 'name') !== view.reverse;
    if (column.sort === view.sort) column.head.setAttribute('aria-sort', down ? 'descending' : 'ascending'); else column.head.removeAttribute('aria-sort');
    put(column.head.firstChild, column.title + (column.sort === view.sort ? (down ? ' ▾' : ' ▴') : ''));
  });
  for (const [id, titles] of [
    ['listener-columns', ['Kind', 'Address', 'State', 'Queue', 'Why']],
    ['endpoint-columns', ['Address', 'State', 'Active', 'Conn/s', 'Total', 'Failed', 'In', 'Out', 'Weight', 'Node', 'Last error']],
  ]) for (const title of titles) { const head = make('th', title); head.scope = 'col'; at(id).append(head); }

  // The rows in sight are the same elements all the time; two more keep the place of those above and below.
  const space = () => { const row = make('tr', undefined, 'space'), cell = make('td'); row.setAttribute('aria-hidden', 'true'); row.append(cell); return row; };
  const above = space(), below = space(), rows = [];
  body.append(above, below);
  const newRow = () => {
    const row = make('tr');
    row.cells_ = columns.map(column => {
      const cell = make(column.css === 'name' ? 'th' : 'td', undefined, column.css);
      if (column.css === 'name') {
        cell.scope = 'row';
        const button = make('button');
        button.type = 'button';
        button.addEventListener('click', () => choose(view.chosen === row.id_ ? null : row.id_));
        cell.append(button);
      } else if (column.css.startsWith('spark')) cell.append(spark(''));
      row.append(cell);
      return cell;
    });
    return row;
  };
  const first = () => Math.max(0, Math.floor(scroller.scrollTop / ROW) - 4);
  const inSight = () => Math.min(MOST, Math.ceil(Math.max(scroller.clientHeight, innerHeight * 0.56) / ROW) + 8);
  const nameOf = item => `${item.namespace}/${item.name}${item.port ? `:${item.port}` : `:${item.portNumber}`}`;

  const render = () => {
    const from = Math.min(first(), Math.max(0, view.total - 1)), count = Math.min(inSight(), view.total - from);
    while (rows.length < count) { const row = newRow(); rows.push(row); below.before(row); }
    rows.forEach((row, i) => {
      const shown = i < count;
      if (row.hidden === shown) row.hidden = !shown;
      if (!shown) return;
      const item = view.known[from + i];
      row.setAttribute('aria-rowindex', from + i + 2);
      row.id_ = item?.id ?? null;
      style(row, item && item.id === view.chosen ? 'chosen' : '');
      columns.forEach((column, j) => {
        const cell = row.cells_[j];
        if (j === 0) {
          put(cell.firstChild, item ? nameOf(item) + (item.protocol === 'UDP' ? ' UDP' : '') + (item.ipFamily === 'IPv6' ? ' v6' : '') : '…');
          if (item && cell.firstChild.title !== item.addresses.join(', ')) cell.firstChild.title = item.addresses.join(', ');
          return;
        }
        if (column.text) { put(cell, item ? column.text(item) : ''); style(cell, column.css + (item && column.tone ? ` ${column.tone(item)}` : '')); return; }
        draw(cell.firstChild, (item && view.past.get(item.id)) ?? []);
      });
    });
    const heights = [from * ROW, Math.max(0, view.total - from - count) * ROW];
    [above, below].forEach((row, i) => { const height = `${heights[i]}px`; if (row.firstChild.style.height !== height) row.firstChild.style.height = height; });
    at('services').setAttribute('aria-rowcount', view.total + 1);
    return [from, count];
  };

  const window_ = () => {
    const offset = Math.max(0, first() - AHEAD);
    const parameters = new URLSearchParams({ q: view.query, sort: view.sort, reverse: view.reverse, offset, limit: Math.min(MOST, inSight() + 2 * AHEAD) });
    if (view.chosen) parameters.set('chosen', view.chosen);
    return parameters;
  };
  const ask = async (path, parameters) => {
    const response = await fetch(`${path}?${parameters}`, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE) });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.message);
    return answer;
  };

  // What an answer is of: one that comes after something else was asked for is not shown.
  const asked = () => JSON.stringify([view.query, view.sort, view.reverse, view.chosen]);
  // One question at a time: a slow node is not asked faster than it answers.
  const look = async () => {
    if (view.asking) { view.again = true; return; }
    view.asking = true;
    const of = asked();
    try {
      const answer = await ask('v1/glance', window_());
      if (of === asked()) show(answer); else view.again = true;
      here();
    } catch (error) {
      gone(error);
    } finally {
      view.asking = false;
      if (view.again) { view.again = false; look(); }
    }
  };
  const lookBack = async () => {
    const of = asked();
    try {
      const answer = await ask('v1/history', window_());
      // Whatever has changed has asked again.
      if (of !== asked()) return;
      nodeTiles.forEach(tile => draw(tile.svg, answer.node[tile.name]));
      if (answer.chosen) chosenTiles.forEach(tile => draw(tile.svg, answer.chosen[tile.name])); else chosenTiles.forEach(tile => draw(tile.svg, []));
      view.past = new Map(answer.services.map(service => [service.id, service.connections]));
      render();
    } catch { /* The other question says that nobody answers. */ }
  };

  const show = answer => {
    if (view.total !== answer.matching) view.known.length = answer.matching;
    view.total = answer.matching;
    answer.services.forEach((item, i) => { view.known[answer.offset + i] = item; });
    put(at('count'), answer.matching === answer.status.servicePorts ? `${whole.format(answer.matching)} Service ports` : `${whole.format(answer.matching)} of ${whole.format(answer.status.servicePorts)} Service ports`);
    showStatus(answer);
    showChosen(answer);
    render();
  };
  const showStatus = answer => {
    const status = answer.status;
    put(at('node'), status.node);
    document.title = `${status.node} - UserProxy`;
    const trouble = answer.issuesTotal > 0 || (status.listeners.Failed ?? 0) > 0;
    put(at('verdict'), !status.ready ? 'not ready' : trouble ? 'ready, with issues' : 'ready');
    style(at('verdict'), `badge ${!status.ready ? 'bad' : trouble ? 'warn' : 'good'}`);
    put(at('process'), `${status.version}, ${status.transport}, up ${time(status.uptimeSeconds)}`);
    nodeTiles.forEach(tile => put(tile.value, tile.figure(answer)));
    const listeners = Object.entries(status.listeners).filter(([, count]) => count > 0).map(([state, count]) => `${whole.format(count)} ${state}`);
    facts(at('facts'), [
      ['Source', status.snapshot ? `a snapshot of ${status.snapshot.of}, ${time(status.snapshot.ageSeconds)} old` : status.source, status.snapshot ? 'warn' : ''],
      ...status.followed.map(item => [
        `Watch of ${item.resource}`, item.trouble ? `${item.failure ?? 'trouble'}: ${item.trouble}` : item.heardSecondsAgo === null ? 'not listed yet' : `heard of ${time(item.heardSecondsAgo)} ago`,
        item.trouble ? 'bad' : '']),
      ['Table', status.revision === 0 ? 'none yet' : `revision ${status.revision}${status.pendingSince ? ', a change waits' : ''}`, status.pendingSince ? 'warn' : ''],
      ['Listeners', listeners.join(', ') || 'none', status.listeners.Failed > 0 ? 'bad' : ''],
      ['Descriptors', `${whole.format(status.descriptorsHeld)} of ${whole.format(status.descriptorsLimit)}`],
      ['Accepting has paused', `${whole.format(status.acceptPauses)} times`, status.acceptPauses > 0 ? 'warn' : ''],
      ['Connections so far', `${whole.format(answer.connectionsTotal)}, ${whole.format(answer.failedConnects)} failed dials`],
      ['Bytes so far', `${bytes(answer.bytesIn)} from clients, ${bytes(answer.bytesOut)} to them`],
    ]);
    at('issues-section').hidden = answer.issuesTotal === 0;
    const list = at('issues');
    while (list.children.length > status.issues.length) list.lastChild.remove();
    status.issues.forEach((issue, i) => {
      if (!list.children[i]) list.append(make('li'));
      put(list.children[i], `${issue.subject}: ${issue.message} (${issue.reason})`);
    });
    at('issues-more').hidden = answer.issuesTotal <= status.issues.length;
    put(at('issues-more'), `and ${whole.format(answer.issuesTotal - status.issues.length)} more: userproxy status`);
  };

  const fill = (table, all) => {
    while (table.children.length > all.length) table.lastChild.remove();
    all.forEach((texts, i) => {
      if (!table.children[i]) { const row = make('tr'); texts.forEach(() => row.append(make('td'))); table.append(row); }
      texts.forEach((text, j) => { const cell = table.children[i].children[j]; put(cell, Array.isArray(text) ? text[0] : text); style(cell, Array.isArray(text) ? text[1] : ''); });
    });
  };
  const showChosen = answer => {
    const service = answer.chosen;
    at('chosen').hidden = !view.chosen;
    if (!view.chosen) return;
    if (!service) { put(at('chosen-heading'), `${view.chosen} is not served any more`); fill(at('listeners'), []); fill(at('endpoints'), []); return; }
    put(at('chosen-heading'), `${nameOf(service)} ${service.protocol} ${service.ipFamily}`);
    if (service.rates) chosenTiles.forEach(tile => put(tile.value, tile.figure(service)));
    facts(at('chosen-facts'), [
      ['Scheduler', service.scheduler],
      ['Session affinity', service.sessionAffinityTimeoutSeconds === null ? 'none' : `${service.sessionAffinity}, ${time(service.sessionAffinityTimeoutSeconds)}`],
      ['Traffic policies', `internal ${service.internalTrafficPolicy}, external ${service.externalTrafficPolicy}`],
      ['99 of 100 connects within', millis(service.connectP99Seconds)],
      ['Connections so far', whole.format(service.acceptedConnections)],
    ]);
    fill(at('listeners'), service.listeners.map(listener => [
      listener.kind, endpoint(listener.address, listener.port), [sign(listener.state) + listener.state, tone(listener.state)],
      listener.acceptQueue === null ? '-' : `${listener.acceptQueue}/${listener.backlog}`, listener.reason ?? '']));
    fill(at('endpoints'), service.endpoints.map(one => [
      endpoint(one.address, one.port), [sign(one.state) + one.state + (one.ejected ? ', ejected' : ''), tone(one.state)], whole.format(one.activeConnections),
      one.rates ? rate(one.rates.connectionsPerSecond) : '-', whole.format(one.totalConnections), [whole.format(one.failedConnects), one.failedConnects > 0 ? 'warn' : ''],
      bytes(one.bytesIn), bytes(one.bytesOut), String(one.weight), one.nodeName ?? '-', one.lastError ?? '-']));
    at('endpoints-more').hidden = answer.endpointsLeftOut === 0;
    put(at('endpoints-more'), `and ${whole.format(answer.endpointsLeftOut)} more: userproxy list --stats`);
  };
  const choose = id => {
    view.chosen = id;
    at('chosen').hidden = !id;
    chosenTiles.forEach(tile => draw(tile.svg, []));
    render();
    look();
    lookBack();
  };

  const here = () => { view.since = null; at('gone').hidden = true; document.body.classList.remove('gone'); };
  const gone = error => {
    view.since ??= new Date();
    put(at('gone'), `The proxy has not answered since ${view.since.toLocaleTimeString()}; what is shown is of then. (${error.message})`);
    at('gone').hidden = false;
    document.body.classList.add('gone');
    put(at('verdict'), 'no answer');
    style(at('verdict'), 'badge bad');
  };
  const restart = () => { view.known = []; scroller.scrollTop = 0; look(); lookBack(); };

  let drawing = false;
  scroller.addEventListener('scroll', () => {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      const [from, count] = render();
      for (let i = from; i < from + count; i++) if (!view.known[i]) { look(); return; }
    });
  }, { passive: true });
  let typing;
  at('search').addEventListener('input', () => { clearTimeout(typing); typing = setTimeout(() => { view.query = at('search').value.trim(); restart(); }, 150); });
  at('close').addEventListener('click', () => choose(null));
  at('pause').addEventListener('click', () => {
    view.paused = !view.paused;
    at('pause').setAttribute('aria-pressed', view.paused);
    put(at('pause'), view.paused ? 'Go on' : 'Pause');
  });
  addEventListener('resize', () => render());
  const idle = () => view.paused || document.hidden;
  document.addEventListener('visibilitychange', () => { if (!idle()) { look(); lookBack(); } });
  setInterval(() => { if (!idle()) look(); }, LOOK);
  setInterval(() => { if (!idle()) lookBack(); }, HISTORY);
  sorted();
  look();
  lookBack();
})();
