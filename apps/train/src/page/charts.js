// Draws the charts that a page contains as JSON (page/chart.ts has the types). uPlot comes from the script before this one.
(() => {
  const HEIGHT = 240;
  const specs = JSON.parse(document.getElementById('charts').textContent);
  const color = (name) => {
    // light-dark() resolves on an element, not on the variable.
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.color = `var(--${name})`;
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  const axis = () => ({
    stroke: color('quiet'),
    grid: { stroke: color('line'), width: 1 },
    ticks: { stroke: color('line'), width: 1 },
    labelFont: '12px system-ui, sans-serif',
    labelSize: 18,
  });
  const TICKS = 6;
  function short(value) {
    if (value === null || value === 0) return value === 0 ? '0' : '';
    const size = Math.abs(Math.log10(Math.abs(value)));
    return size > 4 ? value.toExponential(0) : Number(value.toPrecision(3)).toString();
  }
  const percent = (value) => `${short(value * 100)} %`;
  const ticks = (_, splits) => splits.map(short);
  /** The legend's text for a value; empty until the pointer is over the chart. */
  const shownAs = (write) => (_, value) => (value === null || value === undefined ? '' : write(value));
  const precise = (value) => Number(value.toPrecision(4)).toString();
  /** A few powers of ten over the range of the scale. */
  function powers(_, __, min, max) {
    const [first, last] = [Math.ceil(Math.log10(min)), Math.floor(Math.log10(max))];
    const step = Math.max(1, Math.ceil((last - first) / TICKS));
    return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => 10 ** (first + i * step));
  }
  const logarithmic = (log) => (log ? { splits: powers, filter: (_, splits) => splits } : {});

  function draw({ id, x, xLabel, xNames, xLog, yLog, yPercent, lines, band }) {
    const target = document.getElementById(id);
    const name = (i) => xNames?.[i] ?? '';
    const series = lines.map(({ label, color: stroke, points = false, thin, dashed }) => ({
      label,
      value: shownAs(yPercent ? (value) => `${(value * 100).toFixed(1)} %` : precise),
      stroke: stroke && color(stroke),
      width: thin ? 1 : 2,
      spanGaps: true,
      points: { show: points, size: 6 },
      ...(dashed && { dash: [6, 4] }),
    }));
    const options = {
      width: target.clientWidth,
      height: HEIGHT,
      scales: { x: { time: false, ...(xLog && { distr: 3 }) }, y: yLog ? { distr: 3 } : {} },
      axes: [
        {
          ...axis(),
          label: xLabel,
          ...(xNames ? { values: (_, splits) => splits.map(name), space: 100 } : { values: ticks, ...logarithmic(xLog) }),
        },
        { ...axis(), values: yPercent ? (_, splits) => splits.map(percent) : ticks, ...logarithmic(yLog), size: 64 },
      ],
      series: [{ label: xLabel, value: shownAs(xNames ? name : precise) }, ...series],
      bands: band ? [{ series: band.map((i) => i + 1), fill: color('band') }] : [],
    };
    return { target, chart: new uPlot(options, [x, ...lines.map(({ values }) => values)], target) };
  }

  let charts = [];
  function drawAll() {
    for (const { chart } of charts) chart.destroy();
    charts = specs.map(draw);
  }

  drawAll();
  addEventListener('resize', () => {
    for (const { chart, target } of charts) chart.setSize({ width: target.clientWidth, height: HEIGHT });
  });
  // Colours are read when drawing.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
})();
