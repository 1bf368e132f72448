{%- set columns = ["birth_date", "father_birth_date", "mother_birth_date"] %}
with
    dates as (
        {%- for column in columns %}
            select '{{ column }}' as column_name, {{ column }} as value
            from {{ ref("population") }} {{ "" if loop.last else "union all" }}
        {%- endfor %}
    ),

    statistics as (
        select
            column_name,
            count(value) as n,
            min(value) as min_value,
            max(value) as max_value
        from dates
        group by column_name
    )

select *
from statistics
