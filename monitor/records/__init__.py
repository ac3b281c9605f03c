"""Years of numbers: what the boxes say becomes samples in a database of time series.

In: retained documents and alerts from the broker. Out: Influx lines to VictoriaMetrics. It keeps
nothing: a message is acknowledged to the broker when the database has it, so what waits waits
there. It knows nothing of the core, the journal or the page.
"""
