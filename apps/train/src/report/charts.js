// Draws the learning curves of report.html from its JSON block. uPlot comes from the script before this one.
(() => {
  const HEIGHT = 240;
  const history = JSON.parse(document.getElementById('history').textContent);
  const color = (name) => {
    // light-dark() resolves on an element, not on the variable.
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.color = `var(${name})`;
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  const column = (key) => history.map((row) => row[key]);
  const epochs = column('epoch');
  const axis = () => ({
    stroke: color('--quiet'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { stroke: color('--line'), width: 1 },
  });

  function draw(id, lines) {
    const target = document.getElementById(id);
    const series = lines.map(({ label, stroke }) => ({ label, stroke: color(stroke), width: 2, points: { show: true, size: 6 } }));
    const whole = (_, splits) => splits.map((value) => (Number.isInteger(value) ? value : ''));
    const options = {
      width: target.clientWidth,
      height: HEIGHT,
      scales: { x: { time: false } },
      axes: [{ ...axis(), values: whole }, axis()],
      series: [{ label: 'epoch' }, ...series],
    };
    return { target, chart: new uPlot(options, [epochs, ...lines.map(({ key }) => column(key))], target) };
  }

  let charts = [];
  function drawAll() {
    for (const { chart } of charts) chart.destroy();
    charts = [
      draw('loss', [
        { label: 'training', key: 'loss', stroke: '--accent' },
        { label: 'validation', key: 'validationLoss', stroke: '--second' },
      ]),
      draw('accuracy', [{ label: 'validation', key: 'validationAccuracy', stroke: '--second' }]),
    ];
  }

  drawAll();
  addEventListener('resize', () => {
    for (const { chart, target } of charts) chart.setSize({ width: target.clientWidth, height: HEIGHT });
  });
  // Colours are read when drawing.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
})();
