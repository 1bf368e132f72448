{%- set conditions = [
    "myocardial_infarction",
    "congestive_heart_failure",
    "peripheral_vascular_disease",
    "cerebrovascular_disease",
    "dementia",
    "chronic_pulmonary_disease",
    "rheumatic_disease",
    "peptic_ulcer_disease",
    "mild_liver_disease",
    "diabetes_uncomplicated",
    "diabetes_complicated",
    "hemiplegia_paraplegia",
    "renal_disease",
    "cancer",
    "moderate_severe_liver_disease",
    "metastatic_cancer",
    "aids_hiv",
] -%}
{%- set greater = {
    "mild_liver_disease": "moderate_severe_liver_disease",
    "diabetes_uncomplicated": "diabetes_complicated",
    "cancer": "metastatic_cancer",
} -%}
{%- set in_window = in_lookback(
    "conditions.condition_date",
    "cohort.index_date",
    var("charlson_lookback_days"),
    var("charlson_include_index_day"),
) -%}
with
    found_conditions as (
        select
            cohort.pnr,
            cohort.index_date
            {%- for condition in conditions %}
                ,
                bool_or(conditions.condition = '{{ condition }}') as has_{{ condition }}
            {%- endfor %}
        from {{ ref("cohort") }} as cohort
        inner join
            {{ ref("charlson_conditions") }} as conditions
            on conditions.pnr = cohort.pnr
            and {{ in_window }}
        group by cohort.pnr, cohort.index_date
    ),

    flagged_conditions as (
        select
            cohort.pnr,
            cohort.index_date
            {%- for condition in conditions %}
                ,
                cast(
                    coalesce(
                        has_{{ condition }}
                        {%- if var("charlson_hierarchy") and condition in greater %}
                            and not has_{{ greater[condition] }}
                        {%- endif %},
                        false
                    ) as int
                ) as {{ condition }}
            {%- endfor %}
        from {{ ref("cohort") }} as cohort
        left join
            found_conditions
            on found_conditions.pnr = cohort.pnr
            and found_conditions.index_date = cohort.index_date
    ),

    -- one row: the weights of every condition
    weights as (
        select
            {%- for condition in conditions %}
                max(
                    case
                        when condition = '{{ condition }}'
                        then weight_charlson_1987
                        else 0
                    end
                ) as {{ condition }}_1987,
                max(
                    case
                        when condition = '{{ condition }}' then weight_quan_2011 else 0
                    end
                ) as {{ condition }}_2011
                {%- if not loop.last %}, {% endif %}
            {%- endfor %}
        from {{ ref("charlson_quan_icd10") }}
    ),

    charlson_quan as (
        select
            flagged_conditions.*
            {%- for year in ["1987", "2011"] %}
                ,
                {%- for condition in conditions %}
                    {{ condition }} * {{ condition }}_{{ year }}
                    {%- if not loop.last %} + {% endif %}
                {%- endfor %} as score_{{ year }}
            {%- endfor %}
        from flagged_conditions
        cross join weights
    )

select *
from charlson_quan
