// Names the view of the address before the first paint, so that the page never shows another view first.
document.documentElement.dataset.view = location.hash.slice(1).split('/')[0] || 'draw';
