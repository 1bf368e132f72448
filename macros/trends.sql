{# An aggregate: the mean of the values that are not missing, of a sum that is exact to four decimals: the order of the rows
   makes no difference. Missing where there is no value. #}
{% macro exact_mean(value) -%}
    cast(sum(cast({{ value }} as decimal(24, 4))) as double)
    / nullif(count({{ value }}), 0)
{%- endmacro %}

{# An aggregate: the slope of the straight line through the points (x, y) by ordinary least squares, in y per x. x is a
   small whole number such as a year. Points without x or y do not count. Missing with fewer than two different x.
   Sums are exact to four decimals of y: the order of the rows makes no difference. #}
{% macro ols_slope(x, y) -%}
    {%- set told = "filter (where " ~ all_present([x, y]) ~ ")" -%}
    {%- set whole_x, exact_y = (
        "cast(" ~ x ~ " as bigint)",
        "cast(" ~ y ~ " as decimal(24, 4))",
    ) -%}
    {%- set n, sum_x = "count(*) " ~ told, "sum(" ~ whole_x ~ ") " ~ told -%}
    cast(
        sum(cast({{ x }} as decimal(6, 0)) * {{ exact_y }}) {{ told }} * {{ n }}
        - {{ sum_x }} * sum({{ exact_y }}) {{ told }} as double
    ) / nullif(
        sum({{ whole_x }} * {{ whole_x }}) {{ told }} * {{ n }}
        - {{ sum_x }} * {{ sum_x }},
        0
    )
{%- endmacro %}

{# A value of a window: where it is missing, what the straight line between the nearest earlier and the nearest later value
   of the key has at that place; before the first and after the last known value it stays missing. `place` is a number such
   as a year, unique for the key. #}
{% macro interpolated(value, key, place) -%}
    {%- set before -%}
        ignore nulls over (
            partition by {{ key }}
            order by {{ place }}
            rows between unbounded preceding and current row
        )
    {%- endset -%}
    {%- set after -%}
        ignore nulls over (
            partition by {{ key }}
            order by {{ place }}
            rows between current row and unbounded following
        )
    {%- endset -%}
    {%- set at = "case when " ~ value ~ " is not null then " ~ place ~ " end" -%}
    {%- set low, low_at = (
        "last_value(" ~ value ~ ") " ~ before,
        "last_value(" ~ at ~ ") " ~ before,
    ) -%}
    {%- set high, high_at = (
        "first_value(" ~ value ~ ") " ~ after,
        "first_value(" ~ at ~ ") " ~ after,
    ) -%}
    coalesce(
        cast({{ value }} as double),
        {{ low }}
        + ({{ high }} - {{ low }})
        * cast({{ place }} - {{ low_at }} as double)
        / nullif({{ high_at }} - {{ low_at }}, 0)
    )
{%- endmacro %}
