// Draws the charts of a dashboard from the numbers that came with the page, in the colours of the style sheet.
(function () {
    "use strict";
    /* global document, window, getComputedStyle, ResizeObserver */
    var height = 220;
    var colours = 8;

    function colour(name) {
        return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    }

    function axis() {
        return { stroke: colour("--muted"), grid: { stroke: colour("--line") }, ticks: { stroke: colour("--line") } };
    }

    /** Times of the axis, UTC: the day as well where it shows more than two. */
    function times(chart, splits) {
        var days = chart.scales.x.max - chart.scales.x.min > 2 * 86400;
        return splits.map(function (seconds) {
            var text = new Date(seconds * 1000).toISOString();
            return days ? text.slice(5, 10) + " " + text.slice(11, 16) : text.slice(11, 16);
        });
    }

    /** Numbers of the axis, short enough for its width: 12.5M. */
    var compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });
    function numbers(chart, splits) {
        return splits.map(function (value) {
            return compact.format(value);
        });
    }

    function draw(place) {
        var lines = JSON.parse(place.dataset.lines);
        var series = lines.series.map(function (each, index) {
            var only = lines.times.length === 1;
            return {
                label: each.name || "value",
                stroke: colour("--series-" + ((index % colours) + 1)),
                width: 2,
                spanGaps: true,
                points: { show: only ? true : undefined },
            };
        });
        // The time that is looked at, and days that reach beyond it.
        var from = Math.min(Number(place.dataset.from), lines.times[0]);
        var to = Math.max(Number(place.dataset.to), lines.times[lines.times.length - 1]);
        var options = {
            scales: { x: { range: [from, to] } },
            width: place.clientWidth,
            height: height,
            tzDate: function (seconds) {
                return window.uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC");
            },
            axes: [
                Object.assign({ values: times, space: 80 }, axis()),
                Object.assign({ values: numbers, size: 70 }, axis()),
            ],
            series: [{ label: "time (UTC)" }].concat(series),
        };
        var values = lines.series.map(function (each) {
            return each.values;
        });
        var chart = new window.uPlot(options, [lines.times].concat(values), place);
        new ResizeObserver(function () {
            chart.setSize({ width: place.clientWidth, height: height });
        }).observe(place);
    }

    document.querySelectorAll("[data-lines]").forEach(draw);
})();
