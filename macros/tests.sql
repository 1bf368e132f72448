{# A data test: every named value of a column has so many rows, and no other value has any. #}
{% test row_counts(model, column_name, counts) %}
    with
        wanted as (
            {% for value, n in counts.items() %}
                select {{ literal(value) }} as value, {{ n }} as n
                {% if not loop.last %}
                    union all
                {% endif %}
            {% endfor %}
        ),

        found as (
            select {{ column_name }} as value, count(*) as n
            from {{ model }}
            group by {{ column_name }}
        )

    select wanted.value
    from wanted
    full outer join found on found.value = wanted.value
    where wanted.n is distinct from found.n
{% endtest %}
