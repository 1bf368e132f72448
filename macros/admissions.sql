{# A query: the admission spells of each point that ended before its day, and their days, in so many days before it (its
   boundary included; none is all history). A contact that goes on at the day is not known to end and is left out; days before
   the window are cut off. Points without a spell have no row. #}
{% macro admission_use_before(points, days=none) -%}
    {%- set window = add_days("points.index_date", -1 * (days or 0)) -%}
    {%- set start = "contacts.admission_date" -%}
    {%- set ended -%}
        (
            select
                points.pnr,
                points.index_date,
                {% if days is none %} {{ start }}
                {% else %} greatest({{ start }}, {{ window }})
                {% endif %} as date_start,
                contacts.discharge_date as date_end
            from {{ points }} as points
            inner join
                {{ ref("admission_contacts") }} as contacts
                on contacts.pnr = points.pnr
                and {{
                    in_lookback("contacts.discharge_date", "points.index_date", days)
                }}
        ) as ended_contacts
    {%- endset -%}
    select
        pnr,
        index_date,
        count(*) as n_admission_spells,
        sum({{ days_between("date_start", "date_end") }} + 1) as n_admission_days
    from
        (
            {{ islands(ended, ["pnr", "index_date"], "date_start", "date_end", gap=0) }}
        ) as spells
    group by pnr, index_date
{%- endmacro %}
