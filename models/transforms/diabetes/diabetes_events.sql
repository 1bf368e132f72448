{%- set streams = {
    "diagnoses": "diabetes_diagnoses",
    "podiatry_services": "diabetes_podiatry",
    "purchases_and_hba1c": "diabetes_events_kept",
} -%}
with
    {%- for stream, model in streams.items() %}
        {{ stream }}_by_day as (
            select pnr, event_date, count(*) as n
            from {{ ref(model) }}
            where event_date is not null
            group by pnr, event_date
        ),

        {{ stream }}_so_far as (
            select *, sum(n) over (partition by pnr order by event_date) - n as n_before
            from {{ stream }}_by_day
        ),
    {%- endfor %}

    two_earliest_of_each as (
        {%- for stream in streams %}
            select
                pnr,
                event_date,
                {%- for name in streams %}
                    {{ "least(n, 2 - n_before)" if name == stream else "0" }}
                    as {{ name }}
                    {%- if not loop.last %}, {% endif %}
                {%- endfor %}
            from {{ stream }}_so_far
            where n_before < 2
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    ),

    events as (
        select
            pnr,
            event_date,
            {%- for stream in streams %}
                cast(sum({{ stream }}) as int) as {{ stream }},
            {%- endfor %}
            -- a join by person and day gives as many rows as the product of the sides
            cast(
                {%- for stream in streams %}
                    greatest(sum({{ stream }}), 1) {%- if not loop.last %} * {% endif %}
                {%- endfor %} as int
            ) as joined_rows
        from two_earliest_of_each
        group by pnr, event_date
    )

select *
from events
