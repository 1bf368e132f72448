{# The value of a column in the newest row of a group; with fill, the newest value that is not missing. A row without
   a date is older than all others. Written as an aggregate, so that rows already in group and date order are read
   once, unsorted. #}
{% macro newest(column, date, fill=false) -%}
    last_value({{ column }} order by {{ date }} nulls first)
    {%- if fill %} filter (where {{ column }} is not null) {%- endif -%}
{%- endmacro %}

{# A query: one row per key with its newest row, as of newest(): the keys, the newest date, the columns.
   Rows without a date or a key are left out. Streams over a table clustered by keys and date. #}
{% macro latest_rows(relation, keys, date, columns, fill=false) -%}
    select
        {{ keys | join(", ") }},
        max({{ date }}) as {{ date }}
        {%- for column in columns %}
            , {{ newest(column, date, fill) }} as {{ column }}
        {%- endfor %}
    from {{ relation }}
    where {{ all_present(keys + [date]) }}
    group by {{ keys | join(", ") }}
{%- endmacro %}

{# A query: what was known of each point (a key and a day) on that day: the newest snapshot on or before it; with
   or_later, the earliest one after it where none is. One row per different point: key, day, the snapshot's date and
   its columns, missing where there is no snapshot. Snapshots are unique by key and date. Points are read twice: an inner
   join keeps the order of the snapshots, so that they are aggregated as they stream. #}
{% macro as_of(
    points,
    point_date,
    snapshots,
    snapshot_date,
    key,
    columns,
    or_later=false
) -%}
    select
        points.{{ key }},
        points.{{ point_date }}
        {%- for column in [snapshot_date] + columns %}, known.{{ column }} {%- endfor %}
    from
        (
            select {{ key }}, {{ point_date }}
            from {{ points }} as points
            group by {{ key }}, {{ point_date }}
        ) as points
    left join
        (
            {{
                nearest_snapshots(
                    points,
                    point_date,
                    snapshots,
                    snapshot_date,
                    key,
                    columns,
                    or_later,
                )
            }}
        ) as known
        on known.{{ key }} = points.{{ key }}
        and known.{{ point_date }} = points.{{ point_date }}
{%- endmacro %}

{# A query: as_of() without the points that have no snapshot. #}
{% macro nearest_snapshots(
    points, point_date, snapshots, snapshot_date, key, columns, or_later
) -%}
    {%- set point, date = "points." ~ point_date, "snapshots." ~ snapshot_date -%}
    {%- set nearness = (
        date ~ " > " ~ point ~ ", abs(" ~ days_between(point, date) ~ ")"
    ) -%}
    select
        points.{{ key }},
        {{ point }}
        {%- for column in [snapshot_date] + columns %}
            {%- if or_later %}
                ,
                first_value(
                    snapshots.{{ column }} order by {{ nearness }}
                ) as {{ column }}
            {%- else %}, {{ newest("snapshots." ~ column, date) }} as {{ column }}
            {%- endif %}
        {%- endfor %}
    from {{ points }} as points
    inner join
        {{ snapshots }} as snapshots
        on snapshots.{{ key }} = points.{{ key }}
        and {{ date }} {{ "is not null" if or_later else "<= " ~ point }}
    group by points.{{ key }}, {{ point }}
{%- endmacro %}
