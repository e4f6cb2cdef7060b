// Draws the learning curves of report.html from its JSON block. uPlot comes from the script before this one.
(() => {
  const HEIGHT = 240;
  const { history, steps, metric, charts: own } = JSON.parse(document.getElementById('data').textContent);
  const color = (name) => {
    // light-dark() resolves on an element, not on the variable.
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.color = `var(${name})`;
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  const axis = () => ({
    stroke: color('--quiet'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { stroke: color('--line'), width: 1 },
  });
  const whole = (_, splits) => splits.map((value) => (Number.isInteger(value) ? value : ''));
  const short = (_, splits) => splits.map((value) => (value === null ? '' : Number(value.toPrecision(3)).toString()));

  /** lines: { label, stroke, values, width, points }; bands: pairs of series indices, filled between. */
  function draw(id, x, lines, { xLabel, yScale = {}, bands = [] } = {}) {
    const target = document.getElementById(id);
    const series = lines.map(({ label, stroke, width = 2, points = true }) => ({
      label,
      stroke: stroke && color(stroke),
      width,
      points: { show: points, size: 6 },
    }));
    const options = {
      width: target.clientWidth,
      height: HEIGHT,
      scales: { x: { time: false }, y: yScale },
      axes: [
        { ...axis(), values: xLabel ?? whole },
        { ...axis(), values: short, size: 64 },
      ],
      series: [{ label: xLabel ? 'time' : 'x', ...(xLabel && { value: (_, i) => xLabel(_, [i])[0] }) }, ...series],
      bands: bands.map((pair) => ({ series: pair, fill: color('--band') })),
    };
    return { target, chart: new uPlot(options, [x, ...lines.map(({ values }) => values)], target) };
  }

  const column = (rows, key) => rows.map((row) => row[key]);
  const scores = (name) => history.map(({ validation }) => validation[name]);
  const line = (label, values, stroke, rest) => ({ label, values, stroke, ...rest });

  function drawCurves() {
    const epochs = column(history, 'epoch');
    const updates = column(steps, 'update');
    const drawn = [
      draw('loss', epochs, [line('training', column(history, 'loss'), '--accent'), line('validation', scores('loss'), '--second')]),
      draw('learning-rate', updates, [line('learning rate', column(steps, 'learningRate'), '--accent', { points: false })]),
      draw('gradient-norm', updates, [line('norm', column(steps, 'gradientNorm'), '--accent', { points: false, width: 1 })], {
        yScale: { distr: 3 },
      }),
    ];
    return metric ? [...drawn, draw('metric', epochs, [line(metric, scores(metric), '--second')])] : drawn;
  }

  function drawForecast({ id, data: { time, actual, middle, low, high, interval } }) {
    const x = time.map((_, i) => i);
    const dates = (_, splits) => splits.map((i) => time[i] ?? '');
    const thin = { points: false, width: 1 };
    const tracks = [line('came', actual, '--ink', thin), line('foretold', middle, '--accent', { points: false })];
    const edges = [line('to', high, undefined, thin), line('from', low, undefined, thin)];
    return draw(id, x, interval ? [...edges, ...tracks] : tracks, { xLabel: dates, bands: interval ? [[1, 2]] : [] });
  }

  let charts = [];
  function drawAll() {
    for (const { chart } of charts) chart.destroy();
    charts = [...drawCurves(), ...own.map(drawForecast)];
  }

  drawAll();
  addEventListener('resize', () => {
    for (const { chart, target } of charts) chart.setSize({ width: target.clientWidth, height: HEIGHT });
  });
  // Colours are read when drawing.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
})();
